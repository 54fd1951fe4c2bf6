"""Who calls: the identity that every port call carries."""

from __future__ import annotations

import msgspec


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller: `id` owns what it creates, `tenant` groups ids, `tier` None means that no limit applies.

    `key` names the API key that was used, where limits count by key.
    """

    id: str
    name: str
    tenant: str
    roles: tuple[str, ...] = ("admin",)
    tier: str | None = None
    key: str | None = None


LOCAL_PRINCIPAL = Principal(id="local", name="local", tenant="local")
"""Everyone, when no keys are configured and only loopback is served."""
