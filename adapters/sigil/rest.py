"""Sigil's port over its REST API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

import httpx
import msgspec

from adapters.context import AdapterContext
from adapters.errors import AdapterError, Conflict, NotAllowed, NotFound
from adapters.events.feed import InProcessChangeFeed
from adapters.events.watching import Observation, watch
from adapters.finishing import finished
from adapters.health import Health, ServiceHealth
from adapters.http.lookups import Lookups
from adapters.http.polling import DOCUMENTED_PACE, Pace, SharedPoll, Subject
from adapters.http.segments import is_segment
from adapters.http.stack import open_stack
from adapters.http.tokens import OWNER, PerToken, as_owner
from adapters.http.upstream import Upstream
from adapters.ownership import OneOwner, Ownership
from adapters.packages import PackageName, package_of
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.sigil.decoding import SERVICE, decode, scan_of
from adapters.sigil.lists import Lists, page_of, scan_parameters, scan_position, threat_parameters, threat_position
from adapters.sigil.models import Policy, PolicyResult, Scan, ScanStatus, TeamMember, Threat
from adapters.sigil.port import ScanFilter, ThreatFilter
from adapters.sigil.threat_index import ThreatIndex
from adapters.sigil.upstream import POLICY
from adapters.sigil.wire import EvaluateBody, ScanBody, ScanShape, Team

HEALTH_SECONDS = 10.0
"""How long an answer about the health is good for: asking counts against the upstream's limit."""
SCANS_OF_A_PACKAGE = 20


class RestSigil:
    """Speaks the documented wire; see `port.Sigil` for what each method promises."""

    def __init__(self, upstream: Upstream, ownership: Ownership | OneOwner, pace: Pace = DOCUMENTED_PACE) -> None:
        self._upstream = upstream
        self._ownership = ownership
        self._lists = Lists(upstream)
        self._threat_index = ThreatIndex(self._lists)
        self._feed: InProcessChangeFeed[Scan] = InProcessChangeFeed()
        self._scans = Lookups(SERVICE, self._ask, lambda scan: scan.finished, self._has_ended)
        subject = Subject(
            service=SERVICE,
            list_all=self._lists.newest_scans,
            get_one=self._scans.get,
            position_of=scan_position,
            is_news=_is_news,
        )
        self._poll = SharedPoll(self._feed, ownership, subject, pace)
        self._health: tuple[float, ServiceHealth] | None = None

    async def start(self) -> None:
        """Nothing to begin: the poll runs while somebody watches."""

    async def close(self) -> None:
        """Stop polling and close the connections."""
        await self._poll.close()
        await self._scans.close()
        await self._threat_index.close()
        await self._upstream.close()

    async def health(self) -> ServiceHealth:
        """Ask for a short list, at most every ten seconds."""
        if self._health is None or time.monotonic() - self._health[0] > HEALTH_SECONDS:
            self._health = (time.monotonic(), await self._look_at_health())
        return self._upstream.with_standing(self._health[1])

    async def submit(self, principal: Principal, target: str, policy: str = "default", *, force: bool = False) -> Scan:
        """POST /v1/scans; a scan that the upstream has for another tenant of ours is asked for anew."""
        try:
            return await finished(self._submit(principal, ScanBody(target=target, policy=policy, force=force)))
        except Conflict:
            return await finished(self._submit(principal, ScanBody(target=target, policy=policy, force=True)))

    async def scans(self, principal: Principal, window: Window, wanted: ScanFilter) -> Page[Scan]:
        """GET /v1/scans: the upstream's list, of which the tenant's own are shown; at most 2,000 rows are read."""
        listed = self._lists.scans(scan_parameters(wanted, window), is_forward=window.is_forward)
        return await page_of(self._mine(principal, listed), scan_position, window, is_forward=window.is_forward)

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Scan | None]:
        """GET /v1/scans/:id for each, at most eight at once; what has ended is asked for once."""
        owners = await self._ownership.owners(ids)
        mine = [scan_id for scan_id in dict.fromkeys(ids) if owners[scan_id] == principal.tenant]
        found = dict(zip(mine, await asyncio.gather(*map(self._scans.get, mine)), strict=True))
        return [found.get(scan_id) for scan_id in ids]

    async def scans_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Scan]]:
        """GET /v1/scans for each package: those among the hundred newest whose target holds its name."""
        return list(await asyncio.gather(*(self._scans_of(principal, package) for package in packages)))

    async def evaluate(
        self, principal: Principal, scan_ids: Sequence[str], policy: str | Policy
    ) -> list[PolicyResult | None]:
        """POST /v1/policies/evaluate for each completed scan."""
        scans = await self.scans_by_id(principal, scan_ids)
        return list(await asyncio.gather(*(self._evaluate(scan, policy) for scan in scans)))

    async def threats(self, principal: Principal, window: Window, wanted: ThreatFilter) -> Page[Threat]:  # noqa: ARG002 - threats are everybody's
        """GET /v1/threats: what comes before a cursor is looked for from the newest on; at most 2,000 rows are read."""
        is_forward = window.is_forward or window.before is not None
        listed = self._lists.threats(threat_parameters(wanted), is_forward=is_forward)
        return await page_of(listed, threat_position, window, is_forward=is_forward)

    async def threats_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Threat | None]:  # noqa: ARG002 - threats are everybody's
        """GET /v1/threats for each, searching for its id."""
        found = await asyncio.gather(*(self._lists.first_threats({"search": identifier}) for identifier in ids))
        return [
            next((threat for threat in threats if threat.id == identifier), None)
            for identifier, threats in zip(ids, found, strict=True)
        ]

    async def threats_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        """GET /v1/threats for each package, searching for its name."""
        wanted = ({"search": package.name, "ecosystem": package.ecosystem} for package in packages)
        found = await asyncio.gather(*map(self._lists.first_threats, wanted))
        return [
            [threat for threat in threats if PackageName(threat.ecosystem, threat.package_name) == package]
            for package, threats in zip(packages, found, strict=True)
        ]

    async def threats_of_indicators(self, principal: Principal, values: Sequence[str]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        """GET /v1/threats, which knows no indicators: those among the newest 2,000, read once in ten minutes."""
        return await self._threat_index.threats_of(values)

    async def team_members(self, principal: Principal) -> list[TeamMember]:  # noqa: ARG002 - the upstream knows its token's team
        """GET /v1/team/members."""
        path = "/v1/team/members"
        return decode(await self._upstream.send("GET", path), Team[TeamMember], path).items

    async def watch(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[Scan]]:
        """Watch what the shared poll observes."""
        async with self._poll.watching(scan_id):
            async for observation in watch(self._poll, self._feed, principal.tenant, after=after, key=scan_id):
                yield observation

    async def _look_at_health(self) -> ServiceHealth:
        adapter = f"rest {self._upstream.base_url}"
        began = time.monotonic()
        try:
            answer = await self._upstream.send("GET", "/v1/scans", params={"per_page": "1"})
        except AdapterError as error:
            message = f"{error.message}: check TRIGRAPH_SIGIL"
            return ServiceHealth(adapter=adapter, health=Health.DOWN, message=message)
        latency_ms = round((time.monotonic() - began) * 1000, 1)
        if answer.status != httpx.codes.OK:
            message = f"Asked for its scans it answered HTTP {answer.status}: check TRIGRAPH_SIGIL and its token"
            return ServiceHealth(adapter=adapter, health=Health.DEGRADED, message=message, latency_ms=latency_ms)
        return ServiceHealth(adapter=adapter, health=Health.UP, latency_ms=latency_ms)

    async def _submit(self, principal: Principal, body: ScanBody) -> Scan:
        answer = await self._upstream.send("POST", "/v1/scans", params={"wait": "0"}, body=msgspec.json.encode(body))
        scan = scan_of(decode(answer, ScanShape, "/v1/scans"))
        await self._ownership.record(scan.id, principal.tenant)
        await self._poll.observe([scan])
        return scan

    async def _ask(self, scan_id: str) -> Scan | None:
        if not is_segment(scan_id):
            return None
        path = f"/v1/scans/{quote(scan_id, safe='')}"
        answer = await self._upstream.send("GET", path)
        try:
            return scan_of(decode(answer, ScanShape, path))
        except (NotFound, NotAllowed):
            if answer.status == httpx.codes.UNAUTHORIZED:
                raise
            return None

    def _has_ended(self, scan_id: str) -> bool:
        return self._poll.has_ended(scan_id)

    async def _mine(self, principal: Principal, listed: AsyncIterator[list[Scan]]) -> AsyncIterator[list[Scan]]:
        async for scans in listed:
            owners = await self._ownership.owners(scan.id for scan in scans)
            yield [scan for scan in scans if owners[scan.id] == principal.tenant]

    async def _scans_of(self, principal: Principal, package: PackageName) -> list[Scan]:
        wanted = {"target": f"{package.ecosystem}:{package.name}"}
        async for scans in self._mine(principal, self._lists.scans(wanted)):
            return [scan for scan in scans if package_of(scan.target) == package][:SCANS_OF_A_PACKAGE]
        return []

    async def _evaluate(self, scan: Scan | None, policy: str | Policy) -> PolicyResult | None:
        if scan is None or scan.status is not ScanStatus.COMPLETED:
            return None
        path = "/v1/policies/evaluate"
        body = msgspec.json.encode(EvaluateBody(scan_id=scan.id, policy=policy))
        return decode(await self._upstream.send("POST", path, body=body), PolicyResult, path)


def _is_news(known: Scan, scan: Scan) -> bool:
    """Say whether a scan has moved on: what it has told is never taken back."""
    if scan.finished or known.status is not scan.status:
        return scan.finished or known.status is ScanStatus.QUEUED
    return len(scan.phases) > len(known.phases) or known.package_version != scan.package_version


def build(context: AdapterContext) -> RestSigil | PerToken:
    """Build the adapter from its context: the entry point `sigil-rest`."""
    stack = open_stack(POLICY.with_limit(context.calls_per_minute))

    def over(token: str | None, ownership: Ownership | OneOwner, *, is_lent: bool) -> RestSigil:
        return RestSigil(Upstream(SERVICE, context.location, token, stack, is_lent=is_lent), ownership)

    shared = over(context.token, Ownership(context.database, "sigil"), is_lent=False)
    if not context.takes_tokens:
        return shared
    return PerToken("sigil", shared, lambda token: over(token, OneOwner(OWNER), is_lent=True), as_owner, context.tokens)
