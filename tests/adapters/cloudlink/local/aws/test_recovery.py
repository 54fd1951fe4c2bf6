"""The kill test: a process is ended by SIGKILL in the middle of a scan or an action, and another one goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from adapters.cloudlink.account import ActionStatus, CloudScanStatus
from adapters.durable import DurableWork
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from adapters.vault import new_encryption_key
from tests.aws_server import Asked, AwsServer, Refusal
from tests.cloud_account import IMAGE
from tests.cloud_engine import CloudEngine, build_engine, stop
from tests.running import PROJECT
from tests.waiting import until

MODULE = "tests.adapters.cloudlink.local.account_process"
KEY = new_encryption_key()
REGION, HELD = "us-east-1", "eu-west-1"


@pytest.fixture
def engine(sqlite: Database) -> CloudEngine:
    """The records that the processes work on."""
    return build_engine(sqlite, DurableWork("sqlite://", "test"), keys=(KEY,))


def start(data: Path, aws: AwsServer) -> subprocess.Popen[str]:
    """Start a process that does what is left."""
    command = [sys.executable, "-m", MODULE, str(data), aws.url, KEY]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    """End a process at once."""
    process.kill()
    process.communicate()


async def finish(data: Path, aws: AwsServer) -> None:
    """Run a process to its end."""
    process = start(data, aws)
    _, errors = await asyncio.to_thread(process.communicate, timeout=120)
    assert process.returncode == 0, errors


def steps(data: Path) -> list[str]:
    """Name the steps that durable work has recorded."""
    if not (data / "workflows.sqlite3").exists():
        return []
    with closing(sqlite3.connect(data / "workflows.sqlite3")) as workflows:
        try:
            return [name for (name,) in workflows.execute("SELECT function_name FROM operation_outputs")]
        except sqlite3.OperationalError:  # the tables are not there yet
            return []


async def test_a_scan_goes_on_where_its_process_was_killed(
    engine: CloudEngine, aws: AwsServer, principal: Principal, tmp_path: Path
) -> None:
    """What a region held is not asked for again, the other is, and the scan ends once with all of it."""
    owner, credential = await aws.new_account()
    for region in (REGION, HELD):
        async with owner.client("ec2", region) as ec2:
            await ec2.create_volume(AvailabilityZone=f"{region}a", Size=8)
    account = await engine.account(principal, msgspec.structs.replace(credential, regions=(REGION, HELD)))
    scan = await engine.begin_scan(account)

    def volumes_asked(region: str) -> int:
        return sum(asked.region == region and b"DescribeVolumes" in asked.body for asked in aws.asked)

    aws.refuse = lambda asked: Refusal(held=True) if asked.region == HELD and asked.service == "ec2" else None
    process = start(tmp_path, aws)
    await until(lambda: {REGION, "whole"} <= set(steps(tmp_path)))
    kill(process)
    assert HELD not in steps(tmp_path)
    aws.refuse = lambda _: None
    aws.asked.clear()
    await finish(tmp_path, aws)
    assert (volumes_asked(REGION), volumes_asked(HELD)) == (0, 1)
    (ended,) = await engine.scans.scans_by_id(principal.tenant, [scan.id])
    assert ended is not None
    assert (ended.status, ended.error, ended.events_found) == (CloudScanStatus.FINISHED, None, 2)
    assert len(await engine.seen(principal, "ebs_volume")) == 2
    assert await told(engine, "scan.finished") == 1


async def test_an_action_that_was_interrupted_is_done_once(
    engine: CloudEngine, aws: AwsServer, principal: Principal, tmp_path: Path
) -> None:
    """Killed while AWS does not answer, the attempt is made again as the same one, and ends once."""
    owner, credential = await aws.new_account()
    async with owner.client("ec2", REGION) as ec2:
        run = await ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)
    instance_id = str(run["Instances"][0]["InstanceId"])
    action = await engine.pending(principal, await engine.account(principal, credential), stop(instance_id, REGION))
    held: list[Asked] = []

    def hold(asked: Asked) -> Refusal | None:
        if b"StopInstances" not in asked.body:
            return None
        held.append(asked)
        return Refusal(held=True)

    aws.refuse = hold
    process = start(tmp_path, aws)
    await until(lambda: bool(held))
    assert (await engine.action(principal, action.id)).status is ActionStatus.IN_PROGRESS
    kill(process)
    aws.refuse = lambda _: None
    await finish(tmp_path, aws)
    done = await engine.action(principal, action.id)
    assert (done.status, done.attempt_count, done.last_error) == (ActionStatus.SUCCESS, 1, None)
    async with owner.client("ec2", REGION) as ec2:
        found = await ec2.describe_instances(InstanceIds=[instance_id])
    assert found["Reservations"][0]["Instances"][0]["State"]["Name"] == "stopped"
    assert await told(engine, "action.completed") == 1


async def told(engine: CloudEngine, event_type: str) -> int:
    """Count the entries of the audit trail."""
    async with engine.database.read() as connection:
        return len((await connection.execute(select(audit.c.id).where(audit.c.event_type == event_type))).all())
