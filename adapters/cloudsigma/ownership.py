"""Whose an upstream's executions are: it knows one token, the gateway many principals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import insert, select

from adapters.errors import Conflict
from adapters.principal import LOCAL_PRINCIPAL, Principal
from adapters.store.cloudsigma import submissions
from adapters.store.database import Database

REMEMBERED = 10_000


class Ownership:
    """Remembers who asked for an execution first; one that nobody here asked for belongs to the local principal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    async def record(self, arn: str, principal: Principal) -> None:
        """Remember that a principal asked for an execution; raises Conflict if it is somebody else's already.

        An upstream may answer a repeated request with the execution that it has.
        """
        row = {"arn": arn, "owner": principal.id, "tenant": principal.tenant, "submitted_at": datetime.now(UTC)}
        recorded = select(submissions.c.owner).where(submissions.c.arn == arn)
        async with self._database.write() as connection:
            owner = (await connection.execute(recorded)).scalar_one_or_none()
            if owner is None:
                await connection.execute(insert(submissions).values(row))
        if owner not in (None, principal.id):
            raise Conflict("Conflict", "The same input is being worked on for somebody else: use force to ask anew")
        self._remember({arn: principal.id})

    async def owners(self, arns: Iterable[str]) -> dict[str, str]:
        """Say whose executions these are."""
        owners = {arn: self._known.get(arn, LOCAL_PRINCIPAL.id) for arn in arns}
        unknown = owners.keys() - self._known.keys()
        if unknown:
            query = select(submissions.c.arn, submissions.c.owner).where(submissions.c.arn.in_(unknown))
            async with self._database.read() as connection:
                recorded = {row.arn: row.owner for row in (await connection.execute(query)).all()}
            # What is not recorded is not remembered: another process may be about to record it.
            self._remember(recorded)
            owners |= recorded
        return owners

    def _remember(self, owners: dict[str, str]) -> None:
        if len(self._known) + len(owners) > REMEMBERED:
            self._known.clear()
        self._known.update(owners)
