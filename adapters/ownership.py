"""Whose an upstream's things are: it knows one token, the gateway many principals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.errors import Conflict
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database
from adapters.store.ownership import submissions

REMEMBERED = 10_000


class OneOwner:
    """Says that everything is one owner's: of an account at an upstream that is the caller's own."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    async def record(self, key: str, owner: str) -> None:
        """Nothing to remember."""

    async def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Say whose these are."""
        return dict.fromkeys(keys, self._owner)


class Ownership:
    """Remembers who asked a service for something first; what nobody here asked for is the local principal's.

    Owners are principals' ids or their tenants, as the service counts.
    """

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service
        self._known: dict[str, str] = {}

    async def record(self, key: str, owner: str) -> None:
        """Remember who asked for something; raises Conflict if it is somebody else's already.

        An upstream may answer a repeated request with what it has.
        """
        mine = (submissions.c.service == self._service, submissions.c.key == key)
        row = {"service": self._service, "key": key, "owner": owner, "submitted_at": datetime.now(UTC)}
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        async with self._database.write() as connection:
            await connection.execute(insert(submissions).values(row).on_conflict_do_nothing())
            recorded = (await connection.execute(select(submissions.c.owner).where(*mine))).scalar_one()
        if recorded != owner:
            raise Conflict("Conflict", "The same input is being worked on for somebody else: use force to ask anew")
        self._remember({key: owner})

    async def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Say whose these are."""
        owners = {key: self._known.get(key, LOCAL_PRINCIPAL.id) for key in keys}
        unknown = owners.keys() - self._known.keys()
        if unknown:
            query = select(submissions.c.key, submissions.c.owner)
            query = query.where(submissions.c.service == self._service, submissions.c.key.in_(unknown))
            async with self._database.read() as connection:
                recorded = {row.key: row.owner for row in (await connection.execute(query)).all()}
            # What is not recorded is not remembered: another process may be about to record it.
            self._remember(recorded)
            owners |= recorded
        return owners

    def _remember(self, owners: dict[str, str]) -> None:
        if len(self._known) + len(owners) > REMEMBERED:
            self._known.clear()
        self._known.update(owners)
