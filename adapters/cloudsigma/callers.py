"""Who calls the served CloudSigma: API keys and JWTs, and the keys that a user makes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from adapters.cloudsigma.local.admission import RULES_PER_MONTH
from adapters.cloudsigma.wire import ApiKey, NewApiKey
from adapters.errors import Conflict, InvalidInput, NotAllowed, NotFound
from adapters.keys import Unauthorized, digest_of, holder_of
from adapters.principal import LOCAL_PRINCIPAL, Principal
from adapters.store.cloudsigma import api_keys
from adapters.store.database import Database

KEY_PATTERN = re.compile(r"csk_live_[0-9a-f]{32}\Z")
KEYS_PER_USER = 10
PREFIX_LENGTH = len("csk_live_") + 8
LAST_USED_PRECISION = timedelta(seconds=60)
USER_LENGTH = 128


class Callers:
    """Turns a bearer token into a principal.

    Without `known`, every well-formed API key is a Pro user of its own, which suits a server on loopback; with it, only
    those keys, of whatever form, and the ones that users made are. JWTs (HS256, claims `sub` and `tier`) need
    `jwt_secret`.
    """

    def __init__(self, database: Database, known: Mapping[str, Principal], jwt_secret: str | None) -> None:
        self._database = database
        self._known = known
        self._jwt_secret = jwt_secret

    async def authenticate(self, token: str) -> Principal:
        """Say whose a token is; raises Unauthorized."""
        if token.startswith("eyJ"):
            return self._jwt_principal(token)
        digest = digest_of(token)
        if digest in self._known:
            return self._known[digest]
        if not KEY_PATTERN.match(token):
            raise Unauthorized
        made = await self._made_key(digest)
        if made is not None:
            return made
        if self._known:
            raise Unauthorized
        return holder_of(digest, "pro")

    async def make_key(self, user: Principal, name: str) -> NewApiKey:
        """Make a key for a user who came with a JWT; it is shown this once."""
        _require_jwt(user)
        if user.tier == "free":
            raise NotAllowed("Forbidden", "API keys need a Pro, Team or Enterprise plan")
        if not 0 < len(name) <= 100 or not name.isprintable():  # noqa: PLR2004 - said in the message
            message = f"name has {len(name)} characters: give 1 to 100 that can be printed"
            raise InvalidInput("ValidationError", message, "name")
        key = f"csk_live_{secrets.token_hex(16)}"
        answer = NewApiKey(key=key, prefix=key[:PREFIX_LENGTH], name=name, created_at=datetime.now(UTC))
        mine = api_keys.c.owner == user.id
        async with self._database.write() as connection:
            names = (await connection.execute(select(api_keys.c.name).where(mine))).scalars().all()
            if name in names:
                raise Conflict("Conflict", f"A key named {name!r} exists already")
            if len(names) >= KEYS_PER_USER:
                raise InvalidInput("ValidationError", f"At most {KEYS_PER_USER} keys: delete one first", "name")
            row = {"prefix": answer.prefix, "digest": digest_of(key), "owner": user.id, "tier": user.tier, "name": name}
            await connection.execute(insert(api_keys).values(**row, created_at=answer.created_at))
        return answer

    async def list_keys(self, user: Principal) -> list[ApiKey]:
        """List a user's keys, without the keys."""
        _require_jwt(user)
        query = select(api_keys).where(api_keys.c.owner == user.id).order_by(api_keys.c.created_at)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            ApiKey(prefix=row.prefix, name=row.name, created_at=row.created_at, last_used_at=row.last_used_at)
            for row in rows
        ]

    async def delete_key(self, user: Principal, prefix: str) -> None:
        """Delete a user's key; raises NotFound where it has none of that prefix."""
        _require_jwt(user)
        named = delete(api_keys).where(api_keys.c.owner == user.id, api_keys.c.prefix == prefix)
        async with self._database.write() as connection:
            if (await connection.execute(named)).rowcount == 0:
                raise NotFound("NotFound", f"You have no API key {prefix!r}")

    async def _made_key(self, digest: str) -> Principal | None:
        this = api_keys.c.digest == digest
        async with self._database.read() as connection:
            row = (await connection.execute(select(api_keys).where(this))).one_or_none()
        if row is None:
            return None
        now = datetime.now(UTC)
        if row.last_used_at is None or now - row.last_used_at > LAST_USED_PRECISION:
            async with self._database.write() as connection:
                await connection.execute(update(api_keys).where(this).values(last_used_at=now))
        return Principal(id=row.owner, name=row.owner, tenant=row.owner, tier=row.tier, key=row.digest[:16])

    def _jwt_principal(self, token: str) -> Principal:
        import jwt

        if not self._jwt_secret:
            raise Unauthorized
        try:
            claims = jwt.decode(token, self._jwt_secret, algorithms=["HS256"], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError:
            raise Unauthorized from None
        user, tier = claims["sub"], claims.get("tier", "free")
        is_known = 0 < len(user) <= USER_LENGTH and user != LOCAL_PRINCIPAL.id and tier in tuple(RULES_PER_MONTH)
        if not is_known:
            raise Unauthorized
        return Principal(id=user, name=user, tenant=user, tier=tier)


def _require_jwt(user: Principal) -> None:
    if user.key is not None:
        raise NotAllowed("Forbidden", "API keys are managed with a JWT, not with an API key")
