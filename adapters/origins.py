"""What executions were asked for from: links that no upstream keeps, so the gateway does, tenant by tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.principal import Principal
from adapters.store.database import Database
from adapters.store.origins import execution_origins as links

MOST_EXECUTIONS = 50
"""How many executions an origin tells of: as many as CloudSigma lists."""


class OriginKind(StrEnum):
    """What rules can be asked for from."""

    PACKAGE_SCAN = "package_scan"
    THREAT = "threat"
    REGRESSION = "regression"


class Origin(msgspec.Struct, frozen=True):
    """A thing that rules were asked for from, by its service's own id."""

    kind: OriginKind
    key: str


class Origins:
    """Keeps the link between an execution and its origin.

    A link belongs to a tenant and says nothing of the execution or the origin: who may see these, their services say.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, principal: Principal, arn: str, origin: Origin) -> None:
        """Remember an execution's origin; an execution that has one keeps it."""
        row = {
            "tenant": principal.tenant,
            "arn": arn,
            "asked_by": principal.id,
            "kind": origin.kind.value,
            "key": origin.key,
            "asked_at": datetime.now(UTC),
        }
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        async with self._database.write() as connection:
            await connection.execute(insert(links).values(row).on_conflict_do_nothing())

    async def of_executions(self, principal: Principal, arns: Sequence[str]) -> list[Origin | None]:
        """Give the origin of each execution, in that order; None for one that has none in this tenant."""
        query = select(links.c.arn, links.c.kind, links.c.key)
        query = query.where(links.c.tenant == principal.tenant, links.c.arn.in_(set(arns)))
        async with self._database.read() as connection:
            found = {row.arn: Origin(OriginKind(row.kind), row.key) for row in await connection.execute(query)}
        return [found.get(arn) for arn in arns]

    async def executions_of(self, principal: Principal, origins: Sequence[Origin]) -> list[list[str]]:
        """Give the ARNs of each origin's newest executions, at most fifty, those that the caller asked for first."""
        order = ((links.c.asked_by == principal.id).desc(), links.c.asked_at.desc(), links.c.arn)
        rank = func.row_number().over(partition_by=(links.c.kind, links.c.key), order_by=order).label("rank")
        # What pairs are asked for is seen below: SQLite finds no pair by an index.
        kinds, keys = {origin.kind.value for origin in origins}, {origin.key for origin in origins}
        wanted = (links.c.tenant == principal.tenant, links.c.kind.in_(kinds), links.c.key.in_(keys))
        newest = select(links.c.arn, links.c.kind, links.c.key, rank).where(*wanted).subquery()
        query = select(newest).where(newest.c.rank <= MOST_EXECUTIONS).order_by(newest.c.rank)
        found: dict[Origin, list[str]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                found.setdefault(Origin(OriginKind(row.kind), row.key), []).append(row.arn)
        return [found.get(origin, []) for origin in origins]
