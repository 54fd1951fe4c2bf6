"""EC2 instances, and how busy each was for seven days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every, name_tag
from adapters.cloudlink.local.aws.trouble import Trouble, trouble_of
from adapters.cloudlink.local.findings import Proposal, StopInstances
from adapters.cloudlink.local.resources import Listing

IDLE_CPU_PCT = 5.0
LEAST_HOURS = 24
"""An instance of which less is known is not called idle."""
SEVEN_DAYS = timedelta(days=7)
HOURS_OF_SEVEN_DAYS = 168
PERIOD_SECONDS = 3600
METRICS_A_CALL = 500
"""As many as CloudWatch takes; a week of hours of each is within what it answers at once."""
GONE = frozenset({"shutting-down", "terminated"})


class InstancePayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of an instance; `avg_cpu_7d` is in percent, None where nothing is known."""

    name: str | None
    instance_type: str
    avg_cpu_7d: float | None
    is_idle: bool


class Cpu(msgspec.Struct, frozen=True):
    """The mean of an instance's processor over so many hours, in percent."""

    mean_pct: float
    hours: int


async def look_at_instances(account: SignedIn, region: str) -> Found:
    """List the instances of a region; those that are idle are proposed to be stopped."""
    async with account.client("ec2", region) as ec2:
        reservations = await every(ec2, "describe_instances", "Reservations")
    instances = [each for reservation in reservations for each in reservation.get("Instances") or []]
    kept = [each for each in instances if _state(each) not in GONE]
    busy, troubles = await _cpu(account, region, [each["InstanceId"] for each in kept])
    resources = [_resource(each, region, busy.get(each["InstanceId"])) for each in kept]
    return Found(
        listing=Listing(resource_type="ec2_instance", region=region, resources=tuple(resources)),
        proposals=tuple(_proposal(each, busy[each.resource_id]) for each in resources if each.payload["is_idle"]),
        troubles=troubles,
    )


async def _cpu(account: SignedIn, region: str, ids: Sequence[str]) -> tuple[dict[str, Cpu], tuple[Trouble, ...]]:
    """Give how busy instances were; those that nothing is known of are left out."""
    known: dict[str, Cpu] = {}
    try:
        async with account.client("cloudwatch", region) as cloudwatch:
            for start in range(0, len(ids), METRICS_A_CALL):
                known |= await _cpu_of(cloudwatch, ids[start : start + METRICS_A_CALL])
    except Exception as error:  # noqa: BLE001 - the instances are listed all the same
        return known, (trouble_of(error, region, "GetMetricData"),)
    return known, ()


async def _cpu_of(cloudwatch: Any, ids: Sequence[str]) -> dict[str, Cpu]:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    results = await every(
        cloudwatch,
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=[_query(number, instance_id) for number, instance_id in enumerate(ids)],
        StartTime=now - SEVEN_DAYS,
        EndTime=now,
    )
    values: dict[str, list[float]] = {}
    for result in results:  # one metric's values may be spread over several pages
        values.setdefault(result["Id"], []).extend(result.get("Values") or [])
    return {
        instance_id: Cpu(sum(hours) / len(hours), len(hours))
        for number, instance_id in enumerate(ids)
        if (hours := values.get(f"cpu{number}"))
    }


def _query(number: int, instance_id: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": instance_id}],
    }
    return {
        "Id": f"cpu{number}",
        "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": "Average"},
        "ReturnData": True,
    }


def _state(instance: Mapping[str, Any]) -> str:
    return str((instance.get("State") or {}).get("Name"))


def _resource(instance: Mapping[str, Any], region: str, cpu: Cpu | None) -> Resource:
    idle = cpu is not None and cpu.hours >= LEAST_HOURS and cpu.mean_pct < IDLE_CPU_PCT
    payload = InstancePayload(
        name=name_tag(instance),
        instance_type=instance["InstanceType"],
        avg_cpu_7d=round(cpu.mean_pct, 2) if cpu else None,
        is_idle=idle and _state(instance) == "running",
    )
    return resource("ec2_instance", instance["InstanceId"], region, payload)


def _proposal(idle: Resource, cpu: Cpu) -> Proposal:
    """Propose to stop an instance; the surer, the more of the seven days is known."""
    return Proposal(
        action_type="stop_idle_ec2",
        agent="cost",
        resource_id=idle.resource_id,
        resource_type=idle.resource_type,
        region=idle.region,
        change=StopInstances(instance_ids=(idle.resource_id,)),
        reason=f"The processor was at {cpu.mean_pct:.1f} % over {cpu.hours} hours, below {IDLE_CPU_PCT:g} %",
        confidence=round(0.5 + 0.45 * min(cpu.hours / HOURS_OF_SEVEN_DAYS, 1.0), 2),
    )
