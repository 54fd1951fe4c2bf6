"""A look at an account, part by part: what fails in one part is told and loses nothing of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from adapters.cloudlink.local.aws.buckets import look_at_buckets
from adapters.cloudlink.local.aws.connection import REGIONS_ASKED, SignedIn
from adapters.cloudlink.local.aws.costs import REGION as COST_REGION
from adapters.cloudlink.local.aws.costs import look_at_costs
from adapters.cloudlink.local.aws.databases import look_at_databases
from adapters.cloudlink.local.aws.found import Found
from adapters.cloudlink.local.aws.functions import look_at_functions
from adapters.cloudlink.local.aws.instances import look_at_instances
from adapters.cloudlink.local.aws.security_groups import look_at_security_groups
from adapters.cloudlink.local.aws.trouble import trouble_of
from adapters.cloudlink.local.aws.volumes import look_at_volumes

PART_SECONDS = 240.0
PARTS_AT_ONCE = 3
"""Of a region; each region of a scan has as many."""

PARTS: dict[str, Callable[[SignedIn, str], Awaitable[Found]]] = {
    "DescribeInstances": look_at_instances,
    "DescribeVolumes": look_at_volumes,
    "DescribeSecurityGroups": look_at_security_groups,
    "DescribeDBInstances": look_at_databases,
    "ListFunctions": look_at_functions,
}
"""What is looked at in every region, by the call that it begins with."""


async def look_at_region(account: SignedIn, region: str) -> list[Found]:
    """Look at all that lies in a region."""
    turns = asyncio.Semaphore(PARTS_AT_ONCE)

    async def part(call: str) -> Found:
        async with turns:
            return await _attempt(PARTS[call](account, region), region, call)

    return list(await asyncio.gather(*(part(call) for call in PARTS)))


async def look_at_whole(account: SignedIn, regions: Sequence[str], *, with_costs: bool) -> list[Found]:
    """Look at what belongs to the account as a whole: its costs, and its buckets, asking where an answer can be had."""
    looks = [_attempt(look_at_buckets(account, regions[0]), regions[0], "ListBuckets")]
    if with_costs:
        looks.append(_attempt(look_at_costs(account, datetime.now(UTC)), COST_REGION, "GetCostAndUsage"))
    buckets, *found = await asyncio.gather(*looks)
    for region in regions[1:REGIONS_ASKED]:
        if buckets.listing is None:
            found.append(buckets)
            buckets = await _attempt(look_at_buckets(account, region), region, "ListBuckets")
    return [*found, buckets]


async def _attempt(looking: Awaitable[Found], region: str, call: str) -> Found:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await looking
    except Exception as error:  # noqa: BLE001 - what can't be looked at is told
        return Found(troubles=(trouble_of(error, region, call),))
