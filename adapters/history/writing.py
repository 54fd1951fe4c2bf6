"""Facts in the store: each thing once, with its newest state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Table, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.history.days import count_changes
from adapters.history.facts import CostFact, ExecutionFact, Fact, Identity, RegressionFact, ScanFact, merged
from adapters.store import history

BATCH = 1000
"""How many facts one statement writes: SQLite takes some 32,000 parameters."""
TABLES: Mapping[type[Fact], Table] = MappingProxyType(
    {
        ExecutionFact: history.executions,
        ScanFact: history.scans,
        RegressionFact: history.regressions,
        CostFact: history.costs,
    }
)


async def lock(connection: AsyncConnection) -> None:
    """Let no other process write the history until this transaction ends; on SQLite no other writes anything."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("trigraph history"))))


async def write_facts(connection: AsyncConnection, facts: Sequence[Fact]) -> list[Fact]:
    """Write what facts add to the known ones, and give what is known now; the transaction must hold the lock."""
    written: list[Fact] = []
    for kind, alike in groupby(sorted(facts, key=_kind), key=type):
        of_kind = list(alike)
        for start in range(0, len(of_kind), BATCH):
            written += await _write(connection, TABLES[kind], of_kind[start : start + BATCH])
    return written


async def _write(connection: AsyncConnection, table: Table, facts: Sequence[Fact]) -> list[Fact]:
    known = await _known(connection, table, facts)
    states = dict(known)
    for fact in facts:
        identity = fact.identity
        states[identity] = merged(states[identity], fact) if identity in states else fact
    changed = {identity: state for identity, state in states.items() if known.get(identity) != state}
    if changed:
        await _upsert(connection, table, list(changed.values()))
        pairs = ((known.get(identity), state) for identity, state in changed.items())
        executions = [(before, after) for before, after in pairs if isinstance(after, ExecutionFact)]
        await count_changes(connection, executions)  # type: ignore[arg-type] # both are of the same kind
    return list(states.values())


async def _known(connection: AsyncConnection, table: Table, facts: Sequence[Fact]) -> dict[Identity, Fact]:
    """Read what is known of the things, by the part of their key that differs most: a query for each of the rest."""
    kind, columns = type(facts[0]), tuple(table.primary_key)
    place = columns.index(table.c.hour if kind is CostFact else table.c.key)
    wanted: dict[Identity, set[str | int]] = {}
    for fact in facts:
        wanted.setdefault(fact.identity[:place], set()).add(fact.identity[place])
    known: dict[Identity, Fact] = {}
    for shared, values in wanted.items():
        these = (column == value for column, value in zip(columns, shared, strict=False))
        query = select(table).where(*these, _among(connection, columns[place], list(values)))
        found = [kind(**row) for row in (await connection.execute(query)).mappings()]
        known |= {fact.identity: fact for fact in found}
    return known


def _among(connection: AsyncConnection, column: Column[Any], values: list[str | int]) -> ColumnElement[bool]:
    """Say that a column has one of many values: to PostgreSQL as rows, which it joins instead of comparing each."""
    if connection.dialect.name == "postgresql":
        return column.in_(select(func.unnest(literal(values, postgresql.ARRAY(column.type)))))
    return column.in_(values)


async def _upsert(connection: AsyncConnection, table: Table, facts: Sequence[Fact]) -> None:
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    rows = [msgspec.structs.asdict(fact) for fact in facts]
    await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), rows)


def _kind(fact: Fact) -> str:
    return type(fact).__name__
