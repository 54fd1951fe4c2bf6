"""Tokens of upstreams that callers bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import InvalidInput
from adapters.principal import OwnTokens
from adapters.services import Service
from adapters.tokens import checked_token

NAMES = {f"x-trigraph-{service}-token": service.value for service in Service}


def tokens_in(brought: Mapping[str, Any]) -> OwnTokens | None:
    """Read the tokens among headers, or in the payload of `connection_init`; raises InvalidInput, naming the header."""
    found: dict[str, str] = {}
    for name, value in brought.items():
        service = NAMES.get(name.lower())
        if service is None:
            continue
        try:
            found[service] = checked_token(value if isinstance(value, str) else "")
        except InvalidInput as error:
            raise InvalidInput(error.code, f"{name}: {error.message}", name) from None
    return OwnTokens(found) if found else None
