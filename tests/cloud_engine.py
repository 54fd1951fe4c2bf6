"""The parts of the local CloudLink that look at accounts and change them, put together on a store of their own."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.cloudlink.account import Action, CloudScan, NewCredential, Resource
from adapters.cloudlink.local.accounts import AwsAccounts
from adapters.cloudlink.local.actions import ActionRecords
from adapters.cloudlink.local.cloud_scans import CloudScanRecords
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.credentials import Account, CredentialRecords
from adapters.cloudlink.local.execution import ActionWork
from adapters.cloudlink.local.feeds import Feeds
from adapters.cloudlink.local.findings import Proposal, ProposedChange, StopInstances
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.resources import Listing, ResourceRecords
from adapters.cloudlink.local.scanning import CloudScanWork
from adapters.durable import DurableWork
from adapters.events.feed import InProcessChangeFeed
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.vault import Vault, new_encryption_key

ROLE = NewCredential(cloud="aws", role_arn="arn:aws:iam::123456789012:role/scanner")


@dataclass(frozen=True, kw_only=True)
class CloudEngine:
    """The parts, and short ways to write with them."""

    database: Database
    feeds: Feeds
    credentials: CredentialRecords
    scans: CloudScanRecords
    resources: ResourceRecords
    actions: ActionRecords
    costs: CostRecords
    scanning: CloudScanWork
    execution: ActionWork

    async def account(self, principal: Principal, credential: NewCredential = ROLE) -> Account:
        """Add a credential and give its account."""
        added = await self.credentials.add_credential(principal, credential)
        return await self.credentials.account(principal.tenant, added.id)

    async def begin_scan(self, account: Account, asked_by: str = "somebody") -> CloudScan:
        """Record a scan, without beginning its work."""
        async with self.feeds.scans.write(self.database) as writing:
            return await self.scans.begin(writing, account, asked_by)

    async def scan(self, account: Account, asked_by: str = "somebody") -> CloudScan:
        """Scan an account to the end."""
        begun = await self.begin_scan(account, asked_by)
        await self.scanning.run(begun.id)
        (ended,) = await self.scans.scans_by_id(account.tenant, [begun.id])
        assert ended is not None
        return ended

    async def keep(self, account: Account, listing: Listing) -> None:
        """Put what was listed in place of what was known."""
        async with self.database.write() as connection:
            await self.resources.replace(connection, account, listing)

    async def propose(self, account: Account, proposal: Proposal, actor: str = "somebody") -> Action | None:
        """Record a proposal."""
        async with self.feeds.actions.write(self.database) as writing:
            return await self.actions.propose(writing, account, proposal, actor)

    async def pending(self, principal: Principal, account: Account, proposal: Proposal) -> Action:
        """Record a proposal and approve it, without beginning its work."""
        proposed = await self.propose(account, proposal)
        assert proposed is not None
        async with self.feeds.actions.write(self.database) as writing:
            return await self.actions.approve_action(writing, principal, proposed.id)

    async def execute(self, principal: Principal, account: Account, proposal: Proposal) -> Action:
        """Record a proposal, approve it, and execute it to the end."""
        action = await self.pending(principal, account, proposal)
        await self.execution.run(action.id)
        return await self.action(principal, action.id)

    async def action(self, principal: Principal, action_id: str) -> Action:
        """Read an action."""
        (action,) = await self.actions.actions_by_id(principal.tenant, [action_id])
        assert action is not None
        return action

    async def seen(self, principal: Principal, resource_type: str | None = None) -> dict[str, Resource]:
        """Read the resources by their ids."""
        found = await self.resources.resources(principal.tenant, None, resource_type)
        return {resource.resource_id: resource for resource in found}


def build_engine(
    database: Database,
    durable: DurableWork,
    *,
    endpoint_url: str = "http://127.0.0.1:1",
    keys: tuple[str, ...] | None = None,
    executed_actions: frozenset[str] = frozenset(),
    retry_seconds: float = 0.01,
    scan_seconds: float = 120.0,
) -> CloudEngine:
    """Put the parts together; without an endpoint nothing answers."""
    feeds = Feeds(
        regressions=InProcessChangeFeed(),
        alerts=InProcessChangeFeed(),
        scans=InProcessChangeFeed(),
        actions=InProcessChangeFeed(),
    )
    journal = Journal(Outbox(database))
    credentials = CredentialRecords(database, Vault((new_encryption_key(),) if keys is None else keys), journal)
    accounts = AwsAccounts(credentials, endpoint_url)
    scans, actions = CloudScanRecords(database, journal), ActionRecords(database, journal)
    resources, costs = ResourceRecords(database), CostRecords(database)
    return CloudEngine(
        database=database,
        feeds=feeds,
        credentials=credentials,
        scans=scans,
        resources=resources,
        actions=actions,
        costs=costs,
        scanning=CloudScanWork(
            database, feeds, durable, accounts, credentials, scans, resources, actions, costs, scan_seconds
        ),
        execution=ActionWork(database, feeds.actions, durable, accounts, actions, executed_actions, retry_seconds),
    )


def stop(instance_id: str = "i-1", region: str = "us-east-1", action_type: str = "stop_idle_ec2") -> Proposal:
    """Propose to stop an instance."""
    return propose(action_type, instance_id, StopInstances(instance_ids=(instance_id,)), region)


def propose(action_type: str, resource_id: str, change: ProposedChange, region: str | None = "us-east-1") -> Proposal:
    """Propose a change."""
    return Proposal(
        action_type=action_type,
        agent="cost",
        resource_id=resource_id,
        resource_type="ec2_instance",
        change=change,
        reason="It is idle",
        confidence=0.9,
        region=region,
    )
