from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, insert, inspect, select, text

from adapters.cloudlink.local.deploys import DeployRecords
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.packages import PackageName
from adapters.sigil.local.threats import ThreatRecords
from adapters.store.cloudlink import deploys
from adapters.store.database import MIGRATIONS, Database
from adapters.store.metadata import counters, metadata
from adapters.store.ownership import submissions
from adapters.store.threats import threats
from adapters.store.tokens import upstream_tokens
from adapters.tokens import KeptTokens
from adapters.vault import Vault, new_encryption_key
from tests.running import new_principal


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_build_what_the_tables_say(database: Database) -> None:
    """A fresh database that was migrated has exactly the tables, columns and indexes of the code."""
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_difference_would_be_seen(database: Database) -> None:
    """The comparison notices a column that the code does not know."""
    async with database.engine.connect() as connection:
        await connection.execute(text("ALTER TABLE cloudsigma_outputs ADD COLUMN stray INTEGER"))
        assert await connection.run_sync(differences) != []
        await connection.rollback()


async def test_migrating_again_keeps_the_rows(database: Database) -> None:
    """A database that is up to date stays as it is, rows and all."""
    row = {"service": "cloudsigma", "key": "arn:one", "owner": "o", "submitted_at": datetime.now(UTC)}
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(row))
    await database.migrate()
    async with database.read() as connection:
        assert (await connection.execute(select(submissions.c.key))).scalars().all() == ["arn:one"]
        names = (await connection.execute(select(counters.c.name))).scalars().all()
        assert "cloudsigma" in names
        assert len(names) == len(set(names))


async def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    """Several gateways that open an empty database at the same moment all find it migrated."""
    databases = [Database(empty_url) for _ in range(4)]
    await asyncio.gather(*(database.migrate() for database in databases))
    async with databases[0].read() as connection:
        assert await connection.run_sync(differences) == []
        assert set((await connection.execute(select(counters.c.value))).scalars()) == {0}
    for database in databases:
        await database.close()


async def test_a_downgrade_takes_everything_back(empty_url: str) -> None:
    """Down to the beginning leaves nothing but Alembic's own table, and up again works."""
    database = Database(empty_url)
    await database.migrate()
    async with database.write() as connection:
        await connection.run_sync(partial(downgrade, "base"))
        assert await connection.run_sync(lambda opened: inspect(opened).get_table_names()) == ["alembic_version"]
    await database.migrate()
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str) -> None:
    """Tables made before the failure are taken back with it."""
    database = Database(empty_url)
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE cloudsigma_api_keys (mine INTEGER)"))
    with pytest.raises(Exception, match="cloudsigma_api_keys"):
        await database.migrate()
    async with database.read() as connection:
        assert await connection.run_sync(lambda opened: inspect(opened).get_table_names()) == ["cloudsigma_api_keys"]
    await database.close()


async def test_what_was_known_before_is_indexed(empty_url: str) -> None:
    """Threats by their indicators and deploys by their packages, as those that come later."""
    database, ann = Database(empty_url), new_principal()
    threat = {"id": "MAL-1", "package_name": "box", "ecosystem": "npm", "threat_type": "malicious_package"}
    threat |= {"severity": "critical", "description": "Malicious", "source": "tests"}
    known = msgspec.json.encode({**threat, "indicators": ["evil[.]example", "Evil.example"]})
    threat.pop("source")
    deploy = {"id": "d", "tenant": ann.tenant, "service": "s", "environment": "e", "deployed_at": datetime.now(UTC)}
    shipped = msgspec.json.encode({"packages": ["pypi:Clean_Basket==3.1", "text"]})
    async with database.write() as connection:
        await connection.run_sync(partial(upgrade, "0007"))
        await connection.execute(insert(threats).values(**threat, reported_at=datetime.now(UTC), threat=known))
        await connection.execute(insert(deploys).values(**deploy, metadata=shipped))
        await connection.execute(insert(deploys).values(**{**deploy, "id": "e"}, metadata=b"{}"))
    await database.migrate()
    ((found,),) = await ThreatRecords(database).of_indicators(["evil.example"])
    assert found.id == "MAL-1"
    records = DeployRecords(database, Journal(Outbox(database)))
    ((shipping,),) = await records.of_packages(ann.tenant, [PackageName("pypi", "clean-basket")])
    assert shipping.id == "d"
    await database.close()


async def test_threats_that_are_known_know_their_report(empty_url: str) -> None:
    """Those that share one go with it; what looks like it is another's."""
    database = Database(empty_url)
    fields = {"threat_type": "malicious_package", "severity": "critical", "description": "x"}
    ids = {"MAL-1:npm:@a/b_c": "@a/b_c", "MAL-1:npm:d": "d", "MAL-2": "d", "MAL-1": "d", "npm:d": "d"}
    async with database.write() as connection:
        await connection.run_sync(partial(upgrade, "0011"))
        for threat_id, name in ids.items():
            row = {"id": threat_id, "ecosystem": "npm", "package_name": name, **fields}
            await connection.execute(insert(threats).values(**row, reported_at=datetime.now(UTC), threat=b"{}"))
    await database.migrate()
    async with database.write() as connection:
        rows = (await connection.execute(select(threats.c.id, threats.c.report))).all()
        await connection.run_sync(partial(downgrade, "0011"))
        kept = (await connection.execute(select(threats.c.id))).scalars().all()
    shared = {"MAL-1:npm:@a/b_c": "MAL-1", "MAL-1:npm:d": "MAL-1"}
    assert {row.id: row.report for row in rows} == dict.fromkeys(ids) | shared
    assert set(kept) == set(ids)
    await database.close()


async def test_tokens_that_are_kept_stay_their_tenants(empty_url: str) -> None:
    """There and back, without those that only a later version knows."""
    database, vault = Database(empty_url), Vault((new_encryption_key(),))
    kept = {"service": "sigil", "tenant": "acme", "hint": "…cdef", "set_at": datetime(2026, 1, 2, tzinfo=UTC)}
    before = Table("upstream_tokens", MetaData(), *(Column(column.name, column.type) for column in kept_before()))
    async with database.write() as connection:
        await connection.run_sync(partial(upgrade, "0010"))
        await connection.execute(insert(before).values(**kept, token=vault.encrypt(b"token")))
    await database.migrate()
    tokens = KeptTokens(database, vault)
    assert await tokens.token_of("sigil", "acme", "alice") == "token"
    assert [(token.caller, token.set_at) for token in await tokens.list()] == [("", kept["set_at"])]
    await tokens.set("sigil", "acme", "own", "alice")
    async with database.write() as connection:
        await connection.run_sync(partial(downgrade, "0010"))
        assert (await connection.execute(select(before.c.tenant, before.c.hint))).all() == [("acme", "…cdef")]
    await database.close()


def kept_before() -> list[Column[Any]]:
    """Give the columns that the table of tokens had before callers had any."""
    return [column for column in upstream_tokens.columns if column.name != "caller"]


def upgrade(revision: str, connection: Connection) -> None:
    command.upgrade(configured(connection), revision)


def downgrade(revision: str, connection: Connection) -> None:
    command.downgrade(configured(connection), revision)


def configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
