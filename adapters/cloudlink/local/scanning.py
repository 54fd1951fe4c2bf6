"""Scans of accounts as durable work: each region a step, what is found kept as soon as it is found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from adapters.cloudlink.account import CloudScan, CloudScans, CloudScanStatus
from adapters.cloudlink.local.accounts import AccountFailure, AwsAccounts
from adapters.cloudlink.local.actions import ActionRecords
from adapters.cloudlink.local.cloud_scans import CloudScanRecords, ScanOutcome, ScanTask
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.credentials import Account, CredentialRecords
from adapters.cloudlink.local.feeds import Feeds
from adapters.cloudlink.local.findings import findings_in
from adapters.cloudlink.local.journal import SCHEDULE
from adapters.cloudlink.local.resources import ResourceRecords
from adapters.durable import DurableWork, durable_step, until_recorded
from adapters.errors import NotFound
from adapters.finishing import finished
from adapters.principal import Principal
from adapters.store.database import Database

if TYPE_CHECKING:
    from adapters.cloudlink.local.aws.found import Found

logger = logging.getLogger(__name__)

WORKFLOW = "cloudlink-scan"
CLOUD = "aws"
"""The cloud whose accounts can be scanned."""
SCAN_SECONDS = 600.0
SCANS_AT_ONCE = 4
REGIONS_AT_ONCE = 4
LONGEST_ERROR = 2000
COSTS_EVERY = timedelta(hours=6)
"""How often costs are asked for by schedule: AWS takes money for each answer, and has new ones thrice a day."""
COSTS_ON_DEMAND_EVERY = timedelta(minutes=15)
"""How often they are where somebody asks for scans again and again."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of a part of an account: how many lists, findings and new proposals, and what was not to be had."""

    lists: int = 0
    events: int = 0
    actions: int = 0
    troubles: tuple[str, ...] = ()


class CloudScanWork:
    """Scans accounts, at most four at once; a scan that is asked for while it runs is not begun again."""

    def __init__(
        self,
        database: Database,
        feeds: Feeds,
        durable: DurableWork,
        accounts: AwsAccounts,
        credentials: CredentialRecords,
        scans: CloudScanRecords,
        resources: ResourceRecords,
        actions: ActionRecords,
        costs: CostRecords,
        scan_seconds: float = SCAN_SECONDS,
    ) -> None:
        self._database = database
        self._feeds = feeds
        self._durable = durable
        self._accounts = accounts
        self._credentials = credentials
        self._scans = scans
        self._resources = resources
        self._actions = actions
        self._costs = costs
        self._scan_seconds = scan_seconds
        self._turns = asyncio.Semaphore(SCANS_AT_ONCE)
        durable.define(WORKFLOW, self.run)

    async def start(self) -> None:
        """Begin what a crash left between recording and starting it."""
        for scan_id in await self._scans.unfinished():
            await self._durable.begin(WORKFLOW, scan_id)

    async def start_scan(self, principal: Principal) -> CloudScans:
        """Begin a scan of every account, even if the caller leaves, or give those that run."""
        return await finished(self.scan_accounts(principal.tenant, principal.name))

    async def scan_accounts(self, tenant: str, asked_by: str) -> CloudScans:
        """Begin a scan of each of the tenant's accounts, or give those that run."""
        scans = [await self._begin(account, asked_by) for account in await self._credentials.accounts(tenant, CLOUD)]
        return CloudScans(
            events_found=sum(scan.events_found for scan in scans), credentials_scanned=len(scans), scans=tuple(scans)
        )

    async def run(self, scan_id: str) -> None:
        """Run a scan to its end, whatever that is: the workflow's body."""
        async with self._turns:
            outcome = await self._outcome(scan_id)
        await self._finish(scan_id, outcome)

    async def _begin(self, account: Account, asked_by: str) -> CloudScan:
        async with self._feeds.scans.write(self._database) as writing:
            scan = await self._scans.begin(writing, account, asked_by)
        try:
            await self._durable.begin(WORKFLOW, scan.id)
        except Exception:
            message = "The scan could not be begun; the log has the details"
            await self._finish(scan.id, ScanOutcome(status=CloudScanStatus.ERROR, error=message))
            raise
        return scan

    async def _finish(self, scan_id: str, outcome: ScanOutcome) -> None:
        async def record() -> None:
            async with self._feeds.scans.write(self._database) as writing:
                await self._scans.finish(writing, scan_id, outcome)

        await until_recorded(f"scan {scan_id}", record)

    async def _outcome(self, scan_id: str) -> ScanOutcome:
        parts: list[Kept] = []
        trouble: list[str] = []
        try:
            async with asyncio.timeout(self._scan_seconds):
                await self._scan(scan_id, parts)
        except (AccountFailure, NotFound) as failure:
            trouble = [failure.message if isinstance(failure, NotFound) else str(failure)]
        except TimeoutError:
            trouble = [f"No end within {self._scan_seconds:g} seconds: the rest was not looked at"]
        except Exception:
            logger.exception("Scan %s failed unexpectedly", scan_id)
            trouble = ["An internal error ended the scan; the log has the details"]
        troubles = dict.fromkeys([*trouble, *(each for part in parts for each in part.troubles)])
        return ScanOutcome(
            status=CloudScanStatus.FINISHED if any(part.lists for part in parts) else CloudScanStatus.ERROR,
            events=sum(part.events for part in parts),
            actions=sum(part.actions for part in parts),
            error=_written(list(troubles)),
        )

    async def _scan(self, scan_id: str, parts: list[Kept]) -> None:
        task = await self._scans.task(scan_id)
        account = await self._credentials.account(task.tenant, task.credential_id)
        signed_in = await self._accounts.sign_in(task.tenant, task.credential_id, account.regions)
        from adapters.cloudlink.local.aws.scan import look_at_region, look_at_whole

        turns = asyncio.Semaphore(REGIONS_AT_ONCE)
        fresh = datetime.now(UTC) - (COSTS_EVERY if task.asked_by == SCHEDULE else COSTS_ON_DEMAND_EVERY)
        with_costs = not await self._resources.seen_since(account, "aws_cost", fresh)

        async def step(name: str, look: Callable[[], Awaitable[Sequence[Found]]]) -> None:
            async def look_and_keep() -> Kept:
                async with turns:
                    return await self._keep(account, task, await look())

            parts.append(await durable_step(name, Kept, look_and_keep))

        async with asyncio.TaskGroup() as running:
            whole = partial(look_at_whole, signed_in, account.regions, with_costs=with_costs)
            running.create_task(step("whole", whole))
            for region in account.regions:
                running.create_task(step(region, partial(look_at_region, signed_in, region)))

    async def _keep(self, account: Account, task: ScanTask, looks: Sequence[Found]) -> Kept:
        """Keep what was found, each list in a transaction of its own."""
        events = actions = lists = 0
        for found in looks:
            if found.listing is None:
                continue
            async with self._feeds.actions.write(self._database) as writing:
                try:
                    await self._resources.replace(writing.connection, account, found.listing)
                except NotFound as gone:
                    return Kept(lists=lists, events=events, actions=actions, troubles=(gone.message,))
                for proposal in found.proposals:
                    proposed = await self._actions.propose(writing, account, proposal, task.asked_by)
                    actions += proposed is not None
                costs = [msgspec.structs.replace(cost, credential_id=account.credential_id) for cost in found.costs]
                providers = {cost.service: CLOUD for cost in costs}
                await self._costs.write(writing.connection, account.tenant, costs, providers)
            events += sum(findings_in(each) for each in found.listing.resources)
            lists += 1
        troubles = tuple(str(trouble) for found in looks for trouble in found.troubles)
        return Kept(lists=lists, events=events, actions=actions, troubles=troubles)


def _written(troubles: Sequence[str]) -> str | None:
    """Write down what was not to be had, in at most 2,000 characters."""
    text = "; ".join(troubles)
    if len(text) > LONGEST_ERROR:
        text = f"{text[: LONGEST_ERROR - 1]}…"
    return text or None
