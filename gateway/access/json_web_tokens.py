"""Callers by JWTs of an identity provider: signed by its keys, for this gateway, and still good."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.keys import digest_of
from adapters.principal import Principal
from gateway.access.principals import NAME, TIERS
from gateway.access.signing_keys import SigningKeys
from gateway.configuration.setting_values import parts_of
from gateway.configuration.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

LEEWAY_SECONDS = 30
"""By how much the provider's clock may be ahead of this one; a token's end is its end."""
LAST_MOMENT = 253_402_300_799
"""The calendar's end."""
REMEMBERED_SECONDS = 60.0
REMEMBERED = 1000
TOKEN_LENGTH = 8192
SUBJECT_LENGTH = 120
MOST_ROLES = 32
TYPES = ("jwt", "at+jwt", "application/at+jwt")


class UnfitClaim(Exception):
    """A token that is right in itself tells something that can't be used; the message names the claim."""


class JsonWebTokens:
    """Takes the tokens that the settings name; one that was checked is not checked again for a minute."""

    def __init__(self, settings: Settings, keys: SigningKeys | None = None) -> None:
        if not settings.jwt_audience:
            raise SettingsError(
                "TRIGRAPH_JWT_ISSUER is set without TRIGRAPH_JWT_AUDIENCE: name whom tokens are meant for"
            )
        self._settings = settings
        self._algorithms = parts_of(settings.jwt_algorithms)
        self._keys = keys or signing_keys_of(settings)
        self._known: dict[str, tuple[float, Principal]] = {}

    async def principal_of(self, credential: str) -> Principal | None:
        """Say whose a token is; None for what is none, or none that is good here and now."""
        if len(credential) > TOKEN_LENGTH or credential.count(".") != 2:  # noqa: PLR2004 - head, claims, signature
            return None
        digest = digest_of(credential)
        until, principal = self._known.get(digest, (0.0, None))
        if principal is None or until <= time.time():
            principal = await self._checked(credential)
            self._remember(digest, principal)
        return principal

    async def closes_the_door(self) -> bool:
        """Say that tokens are asked for."""
        return True

    def _remember(self, digest: str, principal: Principal | None) -> None:
        self._known.pop(digest, None)
        if principal is None or principal.expires_at is None:
            return
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = (min(principal.expires_at.timestamp(), time.time() + REMEMBERED_SECONDS), principal)

    async def _checked(self, token: str) -> Principal | None:
        import jwt

        try:
            head = jwt.get_unverified_header(token)
            if head.get("alg") not in self._algorithms or str(head.get("typ", TYPES[0])).lower() not in TYPES:
                return None
            key = await self._keys.key(head.get("kid"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._settings.jwt_audience,
                issuer=self._settings.jwt_issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            ends_at = int(claims["exp"])
            return self._principal(claims, ends_at) if ends_at > time.time() else None
        except jwt.InvalidTokenError:
            return None
        except UnfitClaim as unfit:
            logger.warning("A token of %s was refused: %s", self._settings.jwt_issuer, unfit)
            return None

    def _principal(self, claims: Mapping[str, Any], ends_at: int) -> Principal:
        settings, subject = self._settings, claims["sub"]
        if not 0 < len(subject) <= SUBJECT_LENGTH or not subject.isprintable():
            raise UnfitClaim(f"`sub` has to be 1 to {SUBJECT_LENGTH} printable characters")
        told = claim(claims, settings.jwt_tier_claim)
        tier = "pro" if told is None else told
        if tier not in TIERS:
            raise UnfitClaim(f"`{settings.jwt_tier_claim}` is none of {', '.join(TIERS)}")
        me = f"jwt:{subject}"
        told = claim(claims, settings.jwt_tenant_claim)
        tenant = me if told is None else told
        if tenant != me and not (isinstance(tenant, str) and NAME.match(tenant)):
            raise UnfitClaim(
                f"`{settings.jwt_tenant_claim}` has to be 1 to 64 letters, digits, dots, dashes, underscores"
            )
        return Principal(
            id=me,
            name=subject,
            tenant=tenant,
            roles=_roles(claim(claims, settings.jwt_roles_claim)),
            tier=tier,
            expires_at=datetime.fromtimestamp(min(ends_at, LAST_MOMENT), UTC),
        )


def signing_keys_of(settings: Settings) -> SigningKeys:
    """Give the keys of the provider that the settings name."""
    return SigningKeys(settings.jwt_issuer, settings.jwt_jwks_url, parts_of(settings.jwt_algorithms))


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """Find a claim by its name, or, where there is none of it, by a path with dots."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _roles(told: Any) -> tuple[str, ...]:
    """Read roles from a list, or from words in a row; what can be no role is left out."""
    words = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return tuple(word for word in words if isinstance(word, str) and NAME.match(word))[:MOST_ROLES]
