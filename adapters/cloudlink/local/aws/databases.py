"""RDS databases: who reaches them, whether they are encrypted, and what is left of them after an accident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every
from adapters.cloudlink.local.aws.trouble import Trouble, trouble_of
from adapters.cloudlink.local.resources import Listing

AUTOMATED = "automated"
"""Snapshots that go when their database stops being backed up."""


class DatabasePayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a database."""

    name: str
    engine: str
    engine_version: str | None
    issues: tuple[str, ...]


async def look_at_databases(account: SignedIn, region: str) -> Found:
    """List the databases of a region; a database's id is its ARN, as its name is another's in the next region."""
    async with account.client("rds", region) as rds:
        databases = await every(rds, "describe_db_instances", "DBInstances")
        secured, troubles = await _with_snapshots(rds, region, databases)
    resources = tuple(_resource(each, region, secured) for each in databases)
    return Found(listing=Listing(resource_type="rds_instance", region=region, resources=resources), troubles=troubles)


async def _with_snapshots(
    rds: Any, region: str, databases: list[Mapping[str, Any]]
) -> tuple[frozenset[str], tuple[Trouble, ...]]:
    """Name the databases that somebody took a snapshot of; asked only where one is not backed up by itself."""
    unsecured = frozenset(str(each["DBInstanceIdentifier"]) for each in databases if not _is_backed_up(each))
    if not unsecured:
        return frozenset(), ()
    try:
        snapshots = await every(rds, "describe_db_snapshots", "DBSnapshots")
    except Exception as error:  # noqa: BLE001 - the databases are listed all the same
        return unsecured, (trouble_of(error, region, "DescribeDBSnapshots"),)
    lasting = (each for each in snapshots if each.get("SnapshotType") != AUTOMATED)
    return frozenset(str(each["DBInstanceIdentifier"]) for each in lasting), ()


def _is_backed_up(database: Mapping[str, Any]) -> bool:
    return bool(database.get("BackupRetentionPeriod"))


def _issues(database: Mapping[str, Any], secured: frozenset[str]) -> Iterator[str]:
    """Name what is wrong; a database that nobody took a snapshot of either has no backup at all."""
    if database.get("PubliclyAccessible"):
        yield "publicly_accessible"
    if not database.get("StorageEncrypted"):
        yield "no_encryption"
    if not _is_backed_up(database):
        yield "no_automated_backups"
        if database["DBInstanceIdentifier"] not in secured:
            yield "no_backup_configuration"


def _resource(database: Mapping[str, Any], region: str, secured: frozenset[str]) -> Resource:
    payload = DatabasePayload(
        name=database["DBInstanceIdentifier"],
        engine=database["Engine"],
        engine_version=database.get("EngineVersion"),
        issues=tuple(_issues(database, secured)),
    )
    return resource("rds_instance", database["DBInstanceArn"], region, payload)
