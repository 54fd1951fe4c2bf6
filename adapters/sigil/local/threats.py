"""Known malicious packages in the store: imported from OSV reports, looked up by package, searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, type_coerce

from adapters.packages import PackageName
from adapters.paging import Page, Position, Window, cut
from adapters.sigil.indicators import indicator_digest
from adapters.sigil.local.osv import EPOCH
from adapters.sigil.models import Threat
from adapters.sigil.port import THREATS_OF_AN_INDICATOR, ThreatFilter
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.threats import indicators, threats
from adapters.store.types import Key

ROWS_AT_ONCE = 200
LIST = Keyset(threats.c.reported_at, threats.c.id)


class ThreatRecords:
    """Reads and writes known threats; they are the same for every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, said: Mapping[str, Sequence[Threat]]) -> None:
        """Record what reports say, by their ids, in place of all that each of them has said before."""
        known = {threat.id: threat for told in said.values() for threat in told}
        rows = {threat.id: _row(threat, report) for report, told in said.items() for threat in told}
        async with self._database.write() as connection:
            outdated = list({**said, **rows})
            for start in range(0, len(outdated), ROWS_AT_ONCE):
                ids = outdated[start : start + ROWS_AT_ONCE]
                await connection.execute(delete(threats).where(or_(threats.c.id.in_(ids), threats.c.report.in_(ids))))
            if rows:
                await connection.execute(insert(threats), list(rows.values()))
            named = {(indicator_digest(value), threat.id) for threat in known.values() for value in threat.indicators}
            if named:
                links = [{"digest": digest, "threat_id": threat_id} for digest, threat_id in named]
                await connection.execute(insert(indicators), links)

    async def page(self, window: Window, wanted: ThreatFilter, offset: int = 0) -> Page[Threat]:
        """Give a page of threats, newest first; `offset` leaves out so many."""
        conditions = list(_conditions(wanted))
        query = LIST.within(select(threats).where(*conditions), window).offset(offset)
        async with self._database.read() as connection:
            found = [_decode(row.threat) for row in await connection.execute(query)]
            around = await LIST.around(connection, conditions, window)
        return cut(found, _position, window, around)

    async def by_id(self, ids: Sequence[str]) -> list[Threat | None]:
        """Give the threats named, in that order."""
        query = select(threats.c.id, threats.c.threat).where(threats.c.id.in_(set(ids)))
        async with self._database.read() as connection:
            known = {row.id: _decode(row.threat) for row in (await connection.execute(query)).all()}
        return [known.get(identifier) for identifier in ids]

    async def of_packages(self, packages: Sequence[PackageName]) -> list[list[Threat]]:
        """Give what is known of each package, in that order."""
        # What pairs are asked for is seen below: SQLite finds no pair by an index.
        query = select(threats).where(
            threats.c.ecosystem.in_({package.ecosystem for package in packages}),
            threats.c.package_name.in_({package.name for package in packages}),
        )
        found: dict[PackageName, list[Threat]] = {}
        async with self._database.read() as connection:
            for row in (await connection.execute(query.order_by(threats.c.id))).all():
                found.setdefault(PackageName(row.ecosystem, row.package_name), []).append(_decode(row.threat))
        return [found.get(package, []) for package in packages]

    async def of_indicators(self, values: Sequence[str]) -> list[list[Threat]]:
        """Give the newest threats that name each indicator, in that order."""
        digests = [indicator_digest(value) for value in values]
        rank = func.row_number().over(partition_by=indicators.c.digest, order_by=LIST.newest_first).label("rank")
        ranked = select(indicators.c.digest, indicators.c.threat_id, rank).join(threats)
        newest = ranked.where(indicators.c.digest.in_(set(digests))).subquery()
        query = select(newest.c.digest, threats.c.threat).join(threats, threats.c.id == newest.c.threat_id)
        query = query.where(newest.c.rank <= THREATS_OF_AN_INDICATOR).order_by(newest.c.rank)
        found: dict[str, list[Threat]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                found.setdefault(row.digest, []).append(_decode(row.threat))
        return [found.get(digest, []) for digest in digests]


def _conditions(wanted: ThreatFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.severity is not None:
        yield threats.c.severity == wanted.severity.value
    if wanted.ecosystem is not None:
        yield threats.c.ecosystem == wanted.ecosystem
    if wanted.search:
        columns = (threats.c.id, threats.c.package_name, type_coerce(threats.c.description, Key))
        yield or_(*(column.icontains(wanted.search, autoescape=True) for column in columns))


def _position(threat: Threat) -> Position:
    return Position(threat.reported_at or EPOCH, threat.id)


def _row(threat: Threat, report: str) -> dict[str, object]:
    return {
        "id": threat.id,
        "ecosystem": threat.ecosystem,
        "package_name": threat.package_name,
        "threat_type": threat.threat_type,
        "severity": threat.severity.value,
        "description": threat.description,
        "reported_at": threat.reported_at or EPOCH,
        "threat": msgspec.json.encode(threat),
        "report": report if report != threat.id else None,
    }


def _decode(row: bytes) -> Threat:
    return msgspec.json.decode(row, type=Threat)
