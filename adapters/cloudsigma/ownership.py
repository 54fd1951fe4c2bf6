"""Whose an upstream's executions are: it knows one token, the gateway many principals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import insert, select

from adapters.principal import LOCAL_PRINCIPAL, Principal
from adapters.store.cloudsigma import submissions
from adapters.store.database import Database

REMEMBERED = 10_000


class Ownership:
    """Remembers who asked for an execution; one that nobody here asked for belongs to the local principal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    async def record(self, arn: str, principal: Principal) -> None:
        """Remember that a principal asked for an execution."""
        row = {"arn": arn, "owner": principal.id, "tenant": principal.tenant, "submitted_at": datetime.now(UTC)}
        async with self._database.write() as connection:
            await connection.execute(insert(submissions).values(row))
        self._remember({arn: principal.id})

    async def owners(self, arns: Iterable[str]) -> dict[str, str]:
        """Say whose executions these are."""
        wanted = set(arns)
        unknown = wanted - self._known.keys()
        if unknown:
            query = select(submissions.c.arn, submissions.c.owner).where(submissions.c.arn.in_(unknown))
            async with self._database.read() as connection:
                recorded = {row.arn: row.owner for row in (await connection.execute(query)).all()}
            self._remember({arn: recorded.get(arn, LOCAL_PRINCIPAL.id) for arn in unknown})
        return {arn: self._known[arn] for arn in wanted}

    def _remember(self, owners: dict[str, str]) -> None:
        if len(self._known) + len(owners) > REMEMBERED:
            self._known.clear()
        self._known.update(owners)
