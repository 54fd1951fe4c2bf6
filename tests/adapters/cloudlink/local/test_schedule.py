from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from adapters.cloudlink.local.schedule import Job, Schedule
from adapters.durable import DurableWork
from adapters.errors import NotAllowed
from adapters.store.cloudlink import services
from adapters.store.cloudlink_account import credentials
from adapters.store.database import Database
from tests.adapters.cloudlink.local.schedule_process import note
from tests.running import PROJECT

MODULE = "tests.adapters.cloudlink.local.schedule_process"


def schedule(database: Database, *jobs: Callable[[str], Awaitable[object]], job_seconds: float = 60.0) -> Schedule:
    """Make a schedule of jobs, which nothing sets off."""
    named = [Job(f"job {number}", job) for number, job in enumerate(jobs, 1)]
    return Schedule(database, DurableWork("sqlite://", "test"), named, job_seconds=job_seconds)


async def add_service(database: Database, tenant: str, name: str = "Amazon EC2") -> None:
    """Have costs of a tenant's service be known."""
    row = {"tenant": tenant, "name": name, "provider": "aws", "last_hour": 1, "revision": 1}
    async with database.write() as connection:
        await connection.execute(insert(services).values(row))


async def add_credential(database: Database, tenant: str) -> None:
    """Have a credential of a tenant's be kept."""
    row = {
        "id": f"credential of {tenant}",
        "tenant": tenant,
        "cloud": "aws",
        "credential_type": "iam_role",
        "regions": b"[]",
        "hint": "",
        "secret": b"",
        "created_at": datetime.now(UTC),
    }
    async with database.write() as connection:
        await connection.execute(insert(credentials).values(row))


async def test_tenants_with_costs_or_credentials_have_work(database: Database) -> None:
    """Each once, in their order."""
    for tenant, service in (("umbrella", "Amazon S3"), ("umbrella", "Amazon EC2"), ("acme", "Amazon EC2")):
        await add_service(database, tenant, service)
    for tenant in ("acme", "initech"):
        await add_credential(database, tenant)
    assert await schedule(database).tenants() == ["acme", "initech", "umbrella"]


async def test_a_job_that_fails_or_hangs_does_not_stop_the_next(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names tenant and job, and what is not known to be harmless only by its kind."""
    done = []

    async def fail(_tenant: str) -> None:
        raise ValueError("password=hunter2")

    async def hang(_tenant: str) -> None:
        await asyncio.Event().wait()

    async def refuse(_tenant: str) -> None:
        raise NotAllowed("not_allowed", "There is no key: make one")

    async def write(tenant: str) -> None:
        done.append(tenant)

    with caplog.at_level(logging.WARNING):
        await schedule(database, fail, hang, refuse, write, job_seconds=0.05).run("acme")
    assert done == ["acme"]
    assert caplog.messages == [
        "Scheduled work failed for tenant acme: job 1: ValueError",
        "Scheduled work failed for tenant acme: job 2: TimeoutError",
        "Scheduled work failed for tenant acme: job 3: There is no key: make one",
    ]


async def test_a_tenant_whose_work_still_runs_is_left_out(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Once it is done, the tenant has its turn again; others are not concerned."""
    begun, go_on = [], asyncio.Event()

    async def wait(tenant: str) -> None:
        begun.append(tenant)
        await go_on.wait()

    work = schedule(database, wait)
    running = asyncio.create_task(work.run("acme"))
    other = asyncio.create_task(work.run("umbrella"))
    await asyncio.sleep(0)
    with caplog.at_level(logging.WARNING):
        await work.run("acme")
    assert caplog.messages == ["Tenant acme is left out this time: its scheduled work still runs"]
    go_on.set()
    await asyncio.gather(running, other)
    await work.run("acme")
    assert begun == ["acme", "umbrella", "acme"]


async def test_four_tenants_have_their_turn_at_once(database: Database) -> None:
    """The fifth waits."""
    begun, go_on = [], asyncio.Event()

    async def wait(tenant: str) -> None:
        begun.append(tenant)
        await go_on.wait()

    work = schedule(database, wait)
    running = [asyncio.create_task(work.run(str(number))) for number in range(6)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert begun == ["0", "1", "2", "3"]
    go_on.set()
    await asyncio.gather(*running)
    assert len(begun) == 6


def start(database: Database, durable_url: str, journal: Path, executor: str) -> subprocess.Popen[str]:
    """Start a process with scheduled work every two seconds."""
    store = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", MODULE, durable_url, store, str(journal), executor]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)


def lines(journal: Path) -> list[str]:
    """Read what the processes wrote down."""
    return journal.read_text().splitlines()


async def work_of(*processes: subprocess.Popen[str]) -> None:
    """Wait until the processes have ended well."""
    for process in processes:
        _, errors = await asyncio.to_thread(process.communicate, timeout=90)
        assert process.returncode == 0, errors


async def test_each_tenant_has_its_turn_once_a_time(sqlite: Database, tmp_path: Path) -> None:
    """On embedded data, also where a tenant's name has what separates a key's parts."""
    await turns(sqlite, f"sqlite:///{tmp_path / 'workflows.sqlite3'}", tmp_path / "journal", "one")


async def test_each_tenant_has_its_turn_in_one_of_two_processes(
    postgres: Database, empty_postgres_url: str, tmp_path: Path
) -> None:
    """Both are set off at the same times, and each time a tenant has one turn."""
    await turns(postgres, empty_postgres_url, tmp_path / "journal", "one", "two")


async def turns(database: Database, durable_url: str, journal: Path, *executors: str) -> None:
    """Run processes together, and look at whose turn it was when."""
    for tenant in ("acme", "umbrella: corp"):
        await add_service(database, tenant)
    note(journal, "begun")
    await work_of(*[start(database, durable_url, journal, executor) for executor in executors])
    keys = [line for line in lines(journal) if not line.startswith(("begun", "done "))]
    assert len(keys) == len(set(keys)) >= 4
    assert {key.rpartition(":")[0] for key in keys} == {"acme", "umbrella: corp"}
