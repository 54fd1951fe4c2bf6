"""What no answer may hold, whatever was asked: checks that Schemathesis runs besides its own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec
import schemathesis
from schemathesis import Case, CheckContext, Response

INTERNALS = re.compile(
    r"Traceback \(most|File \"|site-packages|sqlalchemy|asyncpg|sqlite3\.|msgspec\.|adapters\.|at 0x[0-9a-f]{6}"
)
SECRETS = tuple(text for name in ("FUZZ_TOKEN", "FUZZ_JWT", "FUZZ_SECRETS") for text in os.environ[name].split())
ROWS = re.findall(r"^\| (`.+?) \|", Path("docs/errors.md").read_text(), re.MULTILINE)
CODES = frozenset(code for row in ROWS for code in re.findall(r"`(\w+)`", row)) - {"INTERNAL"}


@schemathesis.check
def nothing_internal(_context: CheckContext, response: Response, _case: Case[Any]) -> None:
    """No answer tells how the server is made, or a secret."""
    text = response.text
    found = INTERNALS.search(text)
    assert found is None, f"The answer tells an internal: {found.group()!r}"
    assert not any(secret in text for secret in SECRETS), "The answer tells a secret"


@schemathesis.check
def documented_errors(_context: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every error of the graph has a code that docs/errors.md explains, and is no fault of the gateway."""
    if case.operation.schema.specification.name != "GraphQL":
        return
    assert response.status_code < 500
    answer: dict[str, Any] = msgspec.json.decode(response.content)
    for error in answer.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        assert code in CODES, f"{code!r} is not documented: {error['message']!r}"
