"""Executions counted by day: kept in step with the executions themselves, in the transaction that writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.history.bins import bin_of
from adapters.history.facts import ExecutionFact
from adapters.store.history import execution_days

HOURS = 24
KEYS = tuple(column.name for column in execution_days.primary_key)


class Cell(msgspec.Struct, frozen=True):
    """What the executions of a row have in common."""

    tenant: str
    day: int
    status: str
    input_type: str
    error_code: str
    duration_bin: int


@dataclass
class Sums:
    """What executions come to; negative where they are taken out."""

    executions: int = 0
    rules: int = 0
    ttps: int = 0
    duration_ms: int = 0

    def add(self, fact: ExecutionFact, times: int) -> None:
        """Count an execution in, or out again with -1."""
        self.executions += times
        self.rules += times * (fact.rules or 0)
        self.ttps += times * (fact.ttps or 0)
        self.duration_ms += times * (fact.duration_ms or 0)


async def count_changes(
    connection: AsyncConnection, changes: Iterable[tuple[ExecutionFact | None, ExecutionFact]]
) -> None:
    """Count what executions have become in, and what they were before out."""
    sums: dict[Cell, Sums] = {}
    for before, after in changes:
        if before is not None:
            sums.setdefault(_cell(before), Sums()).add(before, -1)
        sums.setdefault(_cell(after), Sums()).add(after, 1)
    rows = [{**msgspec.structs.asdict(cell), **vars(sum_)} for cell, sum_ in sums.items() if sum_ != Sums()]
    if not rows:
        return
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(execution_days)
    counted = {name: execution_days.c[name] + insert.excluded[name] for name in vars(Sums())}
    await connection.execute(insert.on_conflict_do_update(index_elements=list(KEYS), set_=counted), rows)
    left = [{f"{name}_": getattr(cell, name) for name in KEYS} for cell, sum_ in sums.items() if sum_.executions < 0]
    if left:
        this = (execution_days.c[name] == bindparam(f"{name}_") for name in KEYS)
        await connection.execute(delete(execution_days).where(*this, execution_days.c.executions == 0), left)


def _cell(fact: ExecutionFact) -> Cell:
    return Cell(
        fact.tenant,
        fact.hour // HOURS,
        fact.status,
        fact.input_type,
        fact.error_code,
        bin_of(fact.duration_ms),
    )
