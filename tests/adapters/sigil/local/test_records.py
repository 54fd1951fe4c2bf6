from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.confidence import Confidence
from adapters.packages import PackageName
from adapters.paging import Window
from adapters.principal import Principal
from adapters.sigil.local.records import MAX_ERROR_CHARACTERS, SCANS_OF_A_PACKAGE, Task
from adapters.sigil.models import Finding, Phase, PhaseName, Scan, ScanStatus, Severity, Verdict
from adapters.sigil.port import ScanFilter
from tests.adapters.sigil.local.conftest import Written, told
from tests.running import new_principal

ALL = ScanFilter()
FINDING = Finding(
    rule="reads-tokens",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    file="index.js",
    description="It reads tokens — and 🦠.",
    line=3,
    snippet="process.env",
    weight=4.5,
)


async def test_a_new_scan_is_queued_and_told(written: Written, principal: Principal) -> None:
    """It is told to its tenant and read back as it was told, whole seconds and all."""
    with told(written.feed, principal.tenant) as changes:
        scan = await written.insert(principal, "npm:@scope/name@^1.2")
    assert (scan.status, scan.score, scan.verdict, scan.phases) == (ScanStatus.QUEUED, None, None, {})
    assert (scan.ecosystem, scan.package_name, scan.package_version) == ("npm", "@scope/name", None)
    assert scan.created_at.microsecond == 0
    assert [change.state for change in changes] == [scan]
    assert await written.one(principal, scan.id) == scan


async def test_phases_are_told_as_they_are_added(written: Written, principal: Principal) -> None:
    """Each stands beside the earlier ones, in the order of the wire; what is added again takes its own place."""
    scan = await written.insert(principal)
    seen = []
    for name in (PhaseName.CREDENTIALS, PhaseName.INSTALL_HOOKS, PhaseName.CREDENTIALS):
        with told(written.feed, principal.tenant) as changes:
            await written.add(scan.id, name, Phase(score=5, findings=(FINDING,)))
        seen.append(list(changes[0].state.phases))
    both = [PhaseName.INSTALL_HOOKS, PhaseName.CREDENTIALS]
    assert seen == [[PhaseName.CREDENTIALS], both, both]
    assert (await written.one(principal, scan.id)).phases[PhaseName.CREDENTIALS].findings == (FINDING,)


async def test_a_completed_scan_keeps_what_it_comes_to(written: Written, principal: Principal) -> None:
    """Score, verdict, the phases weighed together, known threats and the policy's result are there when it is told."""
    scan = await written.insert(principal)
    await written.begin(scan.id)
    await written.resolve(scan.id)
    await written.add(scan.id, PhaseName.OBFUSCATION, Phase(score=9, findings=(FINDING,)))
    with told(written.feed, principal.tenant) as changes:
        phases = {PhaseName.OBFUSCATION: Phase(score=7, findings=(FINDING,)), PhaseName.PROVENANCE: Phase()}
        await written.complete(scan, 7, Verdict.LOW_RISK, phases=phases, known_threats=("MAL-1",))
    ended = changes[0].state
    assert (ended.status, ended.score, ended.verdict) == (ScanStatus.COMPLETED, 7, Verdict.LOW_RISK)
    assert ended.phases == phases
    assert ended.known_threats == ("MAL-1",)
    assert ended.policy_result is not None
    assert ended.finished_at is not None
    assert ended.finished_at >= ended.created_at
    assert ended.duration_ms is not None
    assert ended == await written.one(principal, scan.id)


async def test_a_scan_that_has_ended_changes_no_more(written: Written, principal: Principal) -> None:
    """Whatever comes after the end is not told and leaves the end as it was."""
    scan = await written.insert(principal)
    await written.fail(scan.id)
    before = await written.one(principal, scan.id)
    with told(written.feed, principal.tenant) as changes:
        await written.begin(scan.id)
        await written.resolve(scan.id)
        await written.fail(scan.id, "timeout", "Again")
    assert changes == []
    assert await written.one(principal, scan.id) == before


async def test_an_endless_error_is_cut(written: Written, principal: Principal) -> None:
    """A message keeps its beginning."""
    scan = await written.insert(principal)
    await written.fail(scan.id, "archive_ratio", "x" * 100_000)
    error = (await written.one(principal, scan.id)).error
    assert error is not None
    assert (error.code, len(error.message)) == ("archive_ratio", MAX_ERROR_CHARACTERS)


async def test_a_tenant_shares_its_scans_and_no_other_sees_them(written: Written, principal: Principal) -> None:
    """By id, in lists, by package and as changes, only the tenant's own are given, whoever of it asked."""
    colleague = Principal(id="colleague", name="colleague", tenant=principal.tenant)
    stranger = new_principal()
    mine, theirs, foreign = [await written.insert(asker) for asker in (principal, colleague, stranger)]
    records, tenant = written.records, principal.tenant
    assert await records.by_id(tenant, [foreign.id, mine.id, theirs.id]) == [None, mine, theirs]
    assert [change.key for change in await records.changed_since(tenant, 0)] == [mine.id, theirs.id]
    assert await records.changed_since(tenant, 0, foreign.id) == []
    assert [change.key for change in await records.recent(tenant, 50)] == [mine.id, theirs.id]
    assert (await records.page(tenant, Window(50), ALL)).total_count == 2
    (found,) = await records.of_packages(tenant, [PackageName("npm", "left-pad")])
    assert [scan.id for scan in found] == [theirs.id, mine.id]


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 10_000, "' OR 1=1 --", "%"])
async def test_no_text_breaks_the_store(written: Written, principal: Principal, text: str) -> None:
    """Whatever a caller hands in as an id, a package or a part of a target, it is simply not there."""
    await written.insert(principal)
    records, tenant = written.records, principal.tenant
    assert await records.by_id(tenant, [text]) == [None]
    assert await records.changed_since(tenant, 0, text) == []
    assert await records.of_packages(tenant, [PackageName(text, text)]) == [[]]
    page = await records.page(tenant, Window(5), ScanFilter(target=text))
    assert page.total_count == (0 if text else 1)


async def test_changes_after_a_version_come_in_their_order(written: Written, principal: Principal) -> None:
    """Each scan comes once, in its present state, by the version of its last change."""
    first, second, third = [await written.insert(principal, f"npm:p{number}@1.0.0") for number in range(3)]
    known = (await written.records.changed_since(principal.tenant, 0))[-1].version
    await written.begin(third.id)
    await written.begin(first.id)
    await written.fail(third.id)
    changes = await written.records.changed_since(principal.tenant, known)
    assert [change.key for change in changes] == [first.id, third.id]
    assert changes[1].state.finished
    everything = await written.records.changed_since(principal.tenant, 0)
    assert [change.key for change in everything] == [second.id, first.id, third.id]


async def test_pages_hold_where_scans_began_at_the_same_moment(written: Written, principal: Principal) -> None:
    """Every scan is on exactly one page, newest first, whatever the size of pages, also while more come in."""
    ids = [(await written.insert(principal)).id for _ in range(7)]
    await written.created_at(ids, datetime(2026, 1, 1, tzinfo=UTC))
    for first in (1, 2, 3, 7, 100):
        found: list[str] = []
        after = None
        while True:
            page = await written.records.page(principal.tenant, Window(first, after), ALL)
            found += [scan.id for scan in page.nodes]
            if not page.has_next_page:
                break
            after = page.positions[-1]
        assert found == sorted(ids, reverse=True)
    cursor = (await written.records.page(principal.tenant, Window(3), ALL)).positions[-1]
    newest = await written.insert(principal)
    rest = await written.records.page(principal.tenant, Window(3, cursor), ALL)
    assert [scan.id for scan in rest.nodes] == sorted(ids, reverse=True)[3:6]
    assert newest.id not in {scan.id for scan in rest.nodes}
    assert (rest.has_previous_page, rest.total_count) == (True, 8)


async def test_pages_can_be_had_by_offset(written: Written, principal: Principal) -> None:
    """As numbered pages need them."""
    ids = [(await written.insert(principal)).id for _ in range(5)]
    page = await written.records.page(principal.tenant, Window(2), ALL, 2)
    assert [scan.id for scan in page.nodes] == [ids[2], ids[1]]
    assert (page.has_next_page, page.total_count) == (True, 5)


async def test_filters_work_together(written: Written, principal: Principal) -> None:
    """Verdict, part of the target and the bounds of time all narrow the list, and the count with it."""
    bad = await written.completed(principal, "npm:Left-Pad@1.3.0", score=30, verdict=Verdict.HIGH_RISK)
    clean = await written.completed(principal, "npm:left_pad@1.3.0")
    other = await written.insert(principal, "pypi:leftpad==1.0")

    async def found(**wanted: object) -> set[str]:
        page = await written.records.page(principal.tenant, Window(10), ScanFilter(**wanted))  # type: ignore[arg-type] # by name
        assert page.total_count == len(page.nodes)
        return {scan.id for scan in page.nodes}

    assert await found(verdict=Verdict.HIGH_RISK) == {bad.id}
    assert await found(target="left-p") == {bad.id}
    assert await found(target="left_p") == {clean.id}
    assert await found(target="PYPI:") == {other.id}
    assert await found(target="left", verdict=Verdict.CLEAN) == {clean.id}
    hour = timedelta(hours=1)
    assert await found(since=bad.created_at, until=other.created_at) == {bad.id, clean.id, other.id}
    assert await found(since=other.created_at + hour) == set()
    assert await found(until=bad.created_at - hour) == set()


async def test_scans_of_packages_are_the_newest_of_each(written: Written, principal: Principal) -> None:
    """At most twenty of each, newest first, in the order that was asked."""
    many = [(await written.insert(principal)).id for _ in range(SCANS_OF_A_PACKAGE + 2)]
    single = await written.insert(principal, "pypi:left-pad==1.0")
    wanted = [PackageName("pypi", "left-pad"), PackageName("npm", "none"), PackageName("npm", "left-pad")]
    found = await written.records.of_packages(principal.tenant, wanted)
    assert [[scan.id for scan in scans] for scans in found] == [[single.id], [], many[:1:-1]]
    assert await written.records.of_packages(principal.tenant, []) == []


async def running(written: Written, principal: Principal, policy: str = "default") -> Scan | None:
    task = Task(target="npm:left-pad@1.3.0", policy=policy)
    async with written.database.read() as connection:
        return await written.records.running(connection, principal.tenant, task)


async def completed(written: Written, principal: Principal, policy: str = "default") -> Scan | None:
    package = PackageName("npm", "left-pad")
    async with written.database.read() as connection:
        return await written.records.completed(connection, principal.tenant, package, "1.3.0", policy)


async def test_a_running_scan_is_found_by_what_it_does(written: Written, principal: Principal) -> None:
    """While it has not ended, for its own tenant and policy."""
    scan = await written.insert(principal)
    assert await running(written, principal) == scan
    assert await running(written, principal, "strict") is None
    assert await running(written, new_principal()) is None
    await written.fail(scan.id)
    assert await running(written, principal) is None


async def test_a_result_holds_for_its_version_policy_tenant_and_engine(written: Written, principal: Principal) -> None:
    """A newer engine, another policy or another tenant find none; a failure is no result."""
    failed = await written.insert(principal)
    await written.fail(failed.id)
    assert await completed(written, principal) is None
    scan = await written.completed(principal)
    assert await completed(written, principal) == scan
    assert await completed(written, principal, "strict") is None
    assert await completed(written, new_principal()) is None
    assert await completed(Written(written.database, "newer"), principal) is None


async def test_what_was_found_in_the_same_archive_is_known(written: Written, principal: Principal) -> None:
    """Whoever asked: the same package, version, archive and engine have the same phases."""
    phases = {name: Phase(score=1, findings=(FINDING,)) for name in PhaseName}
    await written.completed(new_principal(), phases=phases)
    again = await written.insert(principal)
    assert await written.records.phases_of(again.id, "d" * 64) == {}
    await written.resolve(again.id)
    assert await written.records.phases_of(again.id, "d" * 64) == phases
    assert await written.records.phases_of(again.id, "e" * 64) == {}
    assert await Written(written.database, "newer").records.phases_of(again.id, "d" * 64) == {}


async def test_unfinished_names_what_has_not_ended(written: Written, principal: Principal) -> None:
    """Queued and running scans are named, with what they were asked."""
    queued, begun, failed = [await written.insert(principal, policy="strict") for _ in range(3)]
    await written.begin(begun.id)
    await written.fail(failed.id)
    assert await written.records.unfinished() == [queued.id, begun.id]
    assert await written.records.task(queued.id) == Task(target="npm:left-pad@1.3.0", policy="strict")
