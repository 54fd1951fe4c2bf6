"""Deploys in the store: recorded with checks, listed with what became of them, and marked once they are judged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.hours import AHEAD, FIRST_MOMENT
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.storable import UNSTORABLE
from adapters.cloudlink.models import Deploy, NewDeploy
from adapters.cloudlink.shipping import DEPLOYS_OF_A_TARGET, deploys_that_shipped, shipped
from adapters.errors import InvalidInput
from adapters.packages import PackageName
from adapters.paging import Page, Position, Window, cut
from adapters.principal import Principal
from adapters.store.cloudlink import deploy_packages, deploys, regressions, services
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.metadata import next_value

SETTLING = timedelta(hours=2)
"""How old a deploy has to be to be judged."""
JUDGED_AT_ONCE = 5_000
"""How many deploys are given to be judged, the newest ones."""
LONGEST_METADATA = 64 * 1024
DEEPEST_METADATA = 32
"""What is read back deeper in the program than it was written must not be too deep there."""
MOST_PACKAGES = 500
LONGEST_PACKAGE = 300
LENGTHS = {"service": 256, "version": 256, "environment": 128, "source": 256}

LIST = Keyset(deploys.c.deployed_at, deploys.c.id)
NOT_JUDGED, CLEAN = "none", "clean"


class DeployMoment(msgspec.Struct, frozen=True):
    """When a deploy of a service was."""

    id: str
    service: str
    deployed_at: datetime


class DeployRecords:
    """Reads and writes deploys."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def record(self, principal: Principal, deploy: NewDeploy) -> Deploy:
        """Record a deploy; raises InvalidInput."""
        now = datetime.now(UTC)
        metadata = _check(deploy, now)
        row = {
            "id": str(uuid.uuid4()),
            "tenant": principal.tenant,
            "service": deploy.service,
            "version": deploy.version,
            "environment": deploy.environment,
            "source": deploy.source,
            "metadata": metadata,
            "deployed_at": deploy.deployed_at or now,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(deploys).values(row))
            await _note_packages(connection, row, deploy)
            recorded = (await connection.execute(_deploys().where(deploys.c.id == row["id"]))).one()
            detail = " ".join(part for part in (deploy.service, deploy.version) if part)
            entry = Entry(event_type="deploy.recorded", actor=principal.name, resource_id=recorded.id, detail=detail)
            await self._journal.write(connection, principal.tenant, entry)
        return _deploy(recorded)

    async def page(self, tenant: str, window: Window, service: str | None) -> Page[Deploy]:
        """Give a page of the tenant's deploys, newest first."""
        conditions = [deploys.c.tenant == tenant]
        if service is not None:
            conditions.append(deploys.c.service == service)
        query = LIST.within(_deploys().where(*conditions), window)
        async with self._database.read() as connection:
            found = [_deploy(row) for row in await connection.execute(query)]
            around = await LIST.around(connection, conditions, window)
        return cut(found, _position, window, around)

    async def by_id(self, tenant: str, ids: Sequence[str]) -> list[Deploy | None]:
        """Give the tenant's deploys by id, in that order."""
        query = _deploys().where(deploys.c.tenant == tenant, deploys.c.id.in_(set(ids)))
        async with self._database.read() as connection:
            known = {row.id: _deploy(row) for row in await connection.execute(query)}
        return [known.get(deploy_id) for deploy_id in ids]

    async def of_services(self, tenant: str, names: Sequence[str], first: int) -> list[list[Deploy]]:
        """Give the tenant's newest deploys of each service, in that order."""
        rank = func.row_number().over(partition_by=deploys.c.service, order_by=LIST.newest_first)
        wanted = (deploys.c.tenant == tenant, deploys.c.service.in_(set(names)))
        ranked = select(deploys.c.id, rank.label("rank")).where(*wanted).subquery()
        newest = select(ranked.c.id).where(ranked.c.rank <= first)
        found: dict[str, list[Deploy]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(
                _deploys().where(deploys.c.id.in_(newest)).order_by(*LIST.newest_first)
            ):
                found.setdefault(row.service, []).append(_deploy(row))
        return [found.get(name, []) for name in names]

    async def of_packages(self, tenant: str, packages: Sequence[PackageName]) -> list[list[Deploy]]:
        """Give the tenant's newest deploys that shipped each package, in that order."""
        links = deploy_packages.c
        order = (links.deployed_at.desc(), links.deploy_id.desc())
        rank = func.row_number().over(partition_by=links.target, order_by=order)
        wanted = (links.tenant == tenant, links.package.in_({_key_of(package) for package in packages}))
        ranked = select(links.deploy_id, rank.label("rank")).where(*wanted).subquery()
        newest = select(ranked.c.deploy_id).where(ranked.c.rank <= DEPLOYS_OF_A_TARGET)
        query = _deploys().where(deploys.c.id.in_(newest)).order_by(deploys.c.deployed_at.desc(), deploys.c.id.desc())
        async with self._database.read() as connection:
            found = [_deploy(row) for row in await connection.execute(query)]
        return deploys_that_shipped(found, packages)

    async def unjudged(self, tenant: str, now: datetime) -> list[DeployMoment]:
        """Give the deploys that are old enough to be judged and are not, of services that costs are known of."""
        with_costs = and_(services.c.tenant == deploys.c.tenant, services.c.name == deploys.c.service)
        query = _moments().join(services, with_costs)
        query = query.where(
            deploys.c.tenant == tenant, deploys.c.judged_at.is_(None), deploys.c.deployed_at <= now - SETTLING
        )
        query = query.order_by(*LIST.newest_first).limit(JUDGED_AT_ONCE)
        async with self._database.read() as connection:
            return [DeployMoment(*row) for row in await connection.execute(query)]

    async def moments(
        self, tenant: str, names: Sequence[str], since: datetime, until: datetime
    ) -> dict[str, list[datetime]]:
        """Give when services were deployed within a time."""
        query = _moments().where(
            deploys.c.tenant == tenant,
            deploys.c.service.in_(set(names)),
            deploys.c.deployed_at >= since,
            deploys.c.deployed_at < until,
        )
        found: dict[str, list[datetime]] = {name: [] for name in names}
        async with self._database.read() as connection:
            for row in await connection.execute(query.order_by(deploys.c.deployed_at)):
                found[row.service].append(row.deployed_at)
        return found

    async def mark_judged(self, connection: AsyncConnection, tenant: str, ids: Sequence[str]) -> int:
        """Remember that deploys are judged; say how many were not before."""
        # One at a time: two that mark the same deploys in another order each would wait for the other.
        await next_value(connection, COUNTER)
        marked = update(deploys).where(
            deploys.c.tenant == tenant, deploys.c.id.in_(set(ids)), deploys.c.judged_at.is_(None)
        )
        return (await connection.execute(marked.values(judged_at=datetime.now(UTC)))).rowcount


async def _note_packages(connection: AsyncConnection, row: Mapping[str, Any], deploy: NewDeploy) -> None:
    same = {"deploy_id": row["id"], "tenant": row["tenant"], "deployed_at": row["deployed_at"]}
    named = shipped(deploy.metadata.get("packages") or ())
    links = [{**same, "target": target, "package": _key_of(package)} for target, package in named.items()]
    if links:
        await connection.execute(insert(deploy_packages), links)


def _key_of(package: PackageName) -> str:
    return f"{package.ecosystem}:{package.name}"


def _deploys() -> Select[Any]:
    caused = and_(
        regressions.c.deploy_id == deploys.c.id,
        regressions.c.tenant == deploys.c.tenant,
        regressions.c.service == deploys.c.service,
    )
    return select(deploys, regressions.c.status.label("regression_status")).outerjoin(regressions, caused)


def _position(deploy: Deploy) -> Position:
    return Position(deploy.deployed_at, deploy.id)


def _moments() -> Select[Any]:
    return select(deploys.c.id, deploys.c.service, deploys.c.deployed_at)


def _deploy(row: Row[Any]) -> Deploy:
    judged = CLEAN if row.judged_at is not None else NOT_JUDGED
    return Deploy(
        id=row.id,
        service=row.service,
        environment=row.environment,
        deployed_at=row.deployed_at,
        version=row.version,
        source=row.source,
        metadata=msgspec.json.decode(row.metadata),
        regression_status=row.regression_status or judged,
        tenant_id=row.tenant,
    )


def _check(deploy: NewDeploy, now: datetime) -> bytes:
    """Check a deploy and give its metadata as JSON; raises InvalidInput."""
    for field, most in LENGTHS.items():
        value = getattr(deploy, field)
        if field in ("service", "environment") and not value.strip():
            raise _invalid(field, f"is empty: give a name of 1 to {most} characters")
        if value is not None and len(value) > most:
            raise _invalid(field, f"has {len(value):,} characters: give at most {most}")
        if value is not None and UNSTORABLE.search(value):
            raise _invalid(field, "has NUL or half of a surrogate pair in it: leave them out")
    if deploy.deployed_at is not None and not FIRST_MOMENT <= deploy.deployed_at <= now + AHEAD:
        raise _invalid("deployed_at", f"is {deploy.deployed_at.isoformat()}: give a time from 2000 until now")
    _check_packages(deploy.metadata.get("packages"))
    if _is_deeper(deploy.metadata, DEEPEST_METADATA):
        raise _invalid("metadata", f"is nested more than {DEEPEST_METADATA} levels deep: give fewer")
    try:
        metadata = msgspec.json.encode(deploy.metadata)
    except (TypeError, ValueError, OverflowError):
        raise _invalid("metadata", "can't be written as JSON: give an object of JSON values") from None
    if len(metadata) > LONGEST_METADATA:
        raise _invalid("metadata", f"has {len(metadata):,} bytes: give at most {LONGEST_METADATA:,}")
    return metadata


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and lists lie within each other more than `levels` times."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in within)


def _check_packages(packages: object) -> None:
    field = "metadata.packages"
    if packages is None:
        return
    if not isinstance(packages, list) or not all(isinstance(package, str) for package in packages):
        raise _invalid(field, 'is no list of texts: give targets such as ["npm:express@4.18.2"]')
    if len(packages) > MOST_PACKAGES:
        raise _invalid(field, f"has {len(packages):,} entries: give at most {MOST_PACKAGES}")
    for number, package in enumerate(packages):
        if not 0 < len(package) <= LONGEST_PACKAGE:
            raise _invalid(f"{field}.{number}", f"has {len(package):,} characters: give 1 to {LONGEST_PACKAGE}")


def _invalid(field: str, trouble: str) -> InvalidInput:
    return InvalidInput("validation_error", f"{field} {trouble}", field)
