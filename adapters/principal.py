"""Who calls: the identity that every port call carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class OwnTokens:
    """A caller's own tokens of upstreams, by service, as it brought them: shown and written nowhere."""

    __slots__ = ("_tokens",)

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = dict(tokens)

    def of(self, service: str) -> str | None:
        """Give the token of a service."""
        return self._tokens.get(service)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnTokens) and self._tokens == other._tokens

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._tokens.items())))

    def __repr__(self) -> str:
        return f"OwnTokens of {len(self._tokens)} services"


NO_TOKENS = OwnTokens({})


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller: `id` owns what it creates, `tenant` groups ids, `tier` None means that no limit applies.

    `key` names the API key that was used, where limits count by key; `tokens` are the caller's own at upstreams.
    From `expires_at` on, the caller is to be asked again who it is.
    """

    id: str
    name: str
    tenant: str
    roles: tuple[str, ...] = ("admin",)
    tier: str | None = None
    key: str | None = None
    tokens: OwnTokens = NO_TOKENS
    expires_at: datetime | None = None


LOCAL_PRINCIPAL = Principal(id="local", name="local", tenant="local")
"""Everyone, when no keys are configured and only loopback is served."""
