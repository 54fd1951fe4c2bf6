"""API keys as served REST APIs take them: kept as digests, each naming a principal."""

from __future__ import annotations

import hashlib

from adapters.principal import Principal


class Unauthorized(Exception):
    """The token is missing, unknown or expired."""


def digest_of(key: str) -> str:
    """Give what is kept of a key: SHA-256 in hex; a key is long and random, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def holder_of(digest: str, tier: str) -> Principal:
    """Make up the user of a key that nobody has registered: always the same one for the same key."""
    user = f"user-{digest[:16]}"
    return Principal(id=user, name=user, tenant=user, tier=tier, key=digest[:16])
