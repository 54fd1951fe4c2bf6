"""The one collection that all tables belong to, and the counter that orders changes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, String, Table, update
from sqlalchemy.ext.asyncio import AsyncConnection

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)


async def next_value(connection: AsyncConnection, name: str) -> int:
    """Count `name` up by one; the row stays locked until the transaction ends, so values are committed in order."""
    count_up = update(counters).where(counters.c.name == name).values(value=counters.c.value + 1)
    return int((await connection.execute(count_up.returning(counters.c.value))).scalar_one())
