"""What every adapter of Sigil does, as `adapters/sigil/port.py` promises it."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from adapters.errors import InvalidInput, NotFound
from adapters.health import Health
from adapters.packages import PackageName
from adapters.paging import Window
from adapters.principal import Principal
from adapters.sigil.models import PhaseName, Policy, ScanStatus, Severity, Verdict
from adapters.sigil.port import ScanFilter, Sigil
from tests.contract.scanning import UNKNOWN, followed, scanned
from tests.package_registry import PackageRegistry
from tests.paging_walk import hold_while_rows_come_in
from tests.running import new_principal

ALL = ScanFilter()


async def test_a_clean_package_is_scanned(sigil: Sigil, principal: Principal) -> None:
    """It comes out with all six phases in the wire's order, score 0, and the policy kept."""
    scan = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    assert (scan.status, scan.score, scan.verdict) == (ScanStatus.COMPLETED, 0, Verdict.CLEAN)
    assert list(scan.phases) == list(PhaseName)
    assert (scan.ecosystem, scan.package_name, scan.package_version) == ("npm", "clean-box", "1.0.0")
    assert scan.policy_result is not None
    assert scan.policy_result.passed
    assert scan.finished_at is not None
    assert scan.duration_ms is not None
    assert scan.error is None


async def test_a_thief_is_found_with_its_lines(sigil: Sigil, principal: Principal) -> None:
    """An install script that sends the environment away is high risk or worse, shown where it does that."""
    scan = await scanned(sigil, principal, "npm:evil-box@6.6.6")
    assert scan.verdict in (Verdict.HIGH_RISK, Verdict.CRITICAL_RISK)
    assert scan.score == sum(phase.score for phase in scan.phases.values()) >= 25
    findings = [finding for phase in scan.phases.values() for finding in phase.findings]
    assert any(finding.file == "setup.js" and finding.line and finding.snippet for finding in findings)
    assert scan.policy_result is not None
    assert not scan.policy_result.passed


async def test_the_latest_version_is_told(sigil: Sigil, principal: Principal) -> None:
    """Where no version is asked for, the answer says which one it was; a range is resolved as npm does it."""
    assert (await scanned(sigil, principal, "npm:clean-box")).package_version == "2.0.0"
    assert (await scanned(sigil, principal, "npm:clean-box@^1")).package_version == "1.1.0"


async def test_a_python_package_is_scanned(sigil: Sigil, principal: Principal) -> None:
    """Its name is told in PyPI's own spelling."""
    scan = await scanned(sigil, principal, "pypi:Clean.Basket")
    assert (scan.status, scan.verdict) == (ScanStatus.COMPLETED, Verdict.CLEAN)
    assert (scan.ecosystem, scan.package_name, scan.package_version) == ("pypi", "clean-basket", "3.1")


@pytest.mark.parametrize("target", ["npm:no-such-box", "npm:clean-box@9.9.9", "pypi:no-such-basket"])
async def test_an_unknown_package_or_version_is_named(sigil: Sigil, principal: Principal, target: str) -> None:
    """Refused at once, or failed as not found, with the name in the sentence."""
    try:
        scan = await scanned(sigil, principal, target)
    except NotFound as refused:
        code, message = refused.code, refused.message
    else:
        assert scan.status is ScanStatus.FAILED
        assert scan.error is not None
        code, message = scan.error.code, scan.error.message
    assert code == "not_found"
    assert target.partition(":")[2].partition("@")[0] in message


@pytest.mark.parametrize(("target", "code"), [("npm:altered-box", "hash"), ("npm:torn-box", "registry")])
async def test_a_download_that_can_not_be_trusted_fails_the_scan(
    sigil: Sigil, principal: Principal, target: str, code: str
) -> None:
    """A wrong hash or half an archive is no package: the scan says so, and has no verdict."""
    scan = await scanned(sigil, principal, target)
    assert (scan.status, scan.score, scan.verdict) == (ScanStatus.FAILED, None, None)
    assert scan.error is not None
    assert scan.error.code.startswith(code)
    assert scan.error.message


@pytest.mark.parametrize(
    "target", ["express", "file:/etc/passwd", "npm:", "npm:a@git+https://x.invalid/a", "\x00", "gem:a"]
)
async def test_what_is_no_target_is_refused(sigil: Sigil, principal: Principal, target: str) -> None:
    """Only packages of the two registries are scanned."""
    with pytest.raises(InvalidInput):
        await sigil.submit(principal, target)


async def test_an_unknown_policy_is_refused(sigil: Sigil, principal: Principal) -> None:
    """Before anything is scanned, and at an evaluation."""
    with pytest.raises(InvalidInput):
        await sigil.submit(principal, "npm:clean-box@1.0.0", "no such policy")
    scan = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    with pytest.raises(InvalidInput):
        await sigil.evaluate(principal, [scan.id], "no such policy")


async def test_the_same_target_asked_for_at_once_is_scanned_once(
    sigil: Sigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """All who ask, however it is spelled, get the one scan, and the package is fetched once."""
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish(name, "1.0.0")
    spellings = [f"npm:{name}", f" npm:{name}", f"npm:{name} "] * 4
    scans = await asyncio.gather(*(sigil.submit(principal, target) for target in spellings))
    assert len({scan.id for scan in scans}) == 1
    await followed(sigil.watch(principal, scan_id=scans[0].id))
    assert package_registry.downloads(name) == 1


async def test_the_result_of_a_version_is_reused_unless_forced(
    sigil: Sigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """A version does not change, so neither does its scan; `force` makes a new one, and so does another policy."""
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish(name, "1.0.0")
    first = await scanned(sigil, principal, f"npm:{name}@1.0.0")
    assert await sigil.submit(principal, f"npm:{name}@1.0.0") == first
    assert package_registry.downloads(name) == 1
    forced = await sigil.submit(principal, f"npm:{name}@1.0.0", force=True)
    assert forced.id != first.id
    again = (await followed(sigil.watch(principal, scan_id=forced.id)))[-1].state
    assert (again.score, again.phases) == (first.score, first.phases)
    strict = await scanned(sigil, principal, f"npm:{name}@1.0.0", "strict")
    assert strict.id not in (first.id, forced.id)
    assert strict.policy_result is not None
    assert strict.policy_result.policy == "strict"


async def test_another_tenant_sees_nothing(
    sigil: Sigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """A scan of somebody else's is as one that does not exist; the same target is scanned for each tenant."""
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish(name, "1.0.0")
    scan = await scanned(sigil, principal, f"npm:{name}@1.0.0")
    stranger = new_principal()
    assert await sigil.scans_by_id(stranger, [scan.id]) == [None]
    assert list((await sigil.scans(stranger, Window(10), ALL)).nodes) == []
    assert await sigil.scans_of_packages(stranger, [PackageName("npm", name)]) == [[]]
    assert await sigil.evaluate(stranger, [scan.id], "default") == [None]
    with pytest.raises(NotFound):
        await followed(sigil.watch(stranger, scan_id=scan.id))
    theirs = await scanned(sigil, stranger, f"npm:{name}@1.0.0")
    assert theirs.id != scan.id
    assert (theirs.score, theirs.phases) == (scan.score, scan.phases)


async def test_scans_are_listed_newest_first_in_pages_that_hold(sigil: Sigil, principal: Principal) -> None:
    """A page ends where the next begins, also when something new has come in between."""
    ids = [(await scanned(sigil, principal, f"npm:clean-box@{v}")).id for v in ("1.0.0", "1.1.0", "2.0.0")]
    page = await sigil.scans(principal, Window(2), ALL)
    assert [scan.id for scan in page.nodes] == [ids[2], ids[1]]
    assert page.has_next_page
    assert page.total_count in (3, None)
    await scanned(sigil, principal, "npm:evil-box@6.6.6")
    rest = await sigil.scans(principal, Window(2, page.positions[-1]), ALL)
    assert [scan.id for scan in rest.nodes] == [ids[0]]
    assert not rest.has_next_page
    assert rest.has_previous_page
    await hold_while_rows_come_in(
        lambda window: sigil.scans(principal, window, ALL),
        lambda: sigil.submit(principal, "npm:clean-box@1.0.0", force=True),
    )


async def test_scans_are_filtered(sigil: Sigil, principal: Principal) -> None:
    """By verdict, part of the target and time, all together."""
    clean = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    evil = await scanned(sigil, principal, "npm:evil-box@6.6.6")

    async def found(**wanted: object) -> list[str]:
        page = await sigil.scans(principal, Window(10), ScanFilter(**wanted))  # type: ignore[arg-type] # by name
        return [scan.id for scan in page.nodes]

    assert evil.verdict is not None
    assert await found(verdict=evil.verdict) == [evil.id]
    assert await found(verdict=Verdict.CLEAN) == [clean.id]
    assert await found(target="BOX@1") == [clean.id]
    assert await found(target="box@6", verdict=Verdict.CLEAN) == []
    assert await found(since=clean.created_at, until=evil.created_at) == [evil.id, clean.id]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await found(since=tomorrow) == []
    assert await found(until=tomorrow) == [evil.id, clean.id]


async def test_scans_of_packages_are_found_by_name(sigil: Sigil, principal: Principal) -> None:
    """Exactly that name in that ecosystem, newest first, in the order that was asked."""
    old = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    new = await scanned(sigil, principal, "npm:clean-box@1.1.0")
    basket = await scanned(sigil, principal, "pypi:clean-basket")
    wanted = [PackageName("pypi", "clean-basket"), PackageName("npm", "clean"), PackageName("npm", "clean-box")]
    found = await sigil.scans_of_packages(principal, wanted)
    assert [[scan.id for scan in scans] for scans in found] == [[basket.id], [], [new.id, old.id]]


async def test_completed_scans_are_held_against_policies(sigil: Sigil, principal: Principal) -> None:
    """Named and given whole; what is not there or has failed has no result."""
    clean = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    evil = await scanned(sigil, principal, "npm:evil-box@6.6.6")
    failed = await scanned(sigil, principal, "npm:altered-box")
    named = await sigil.evaluate(principal, [evil.id, UNKNOWN, clean.id, failed.id], "default")
    assert [result and result.passed for result in named] == [False, None, True, None]
    own = Policy(name="own", max_severity=Severity.LOW, blocked_packages=("npm:clean-*@<2",))
    results = [result for result in await sigil.evaluate(principal, [clean.id, evil.id], own) if result]
    assert [result.policy for result in results] == ["own", "own"]
    assert [violation.rule for violation in results[0].violations] == ["blocked_packages"]
    assert "max_severity" in {violation.rule for violation in results[1].violations}
    with pytest.raises(InvalidInput):
        await sigil.evaluate(principal, [clean.id], msgspec.structs.replace(own, blocked_packages=("npm:clean-*@<<",)))


async def test_who_scans_is_of_the_team(sigil: Sigil, principal: Principal) -> None:
    """A member is told with how often it asked, and when last."""
    scan = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    (member,) = await sigil.team_members(principal)
    assert (member.scans.total, member.scans.last_30_days) == (1, 1)
    assert member.scans.last_scan_at == scan.created_at
    assert member.role in ("owner", "admin", "member")


async def test_health_is_up(sigil: Sigil) -> None:
    """An adapter that works says so, and what it is."""
    health = await sigil.health()
    assert health.health is Health.UP
    assert health.adapter.startswith(("local", "rest http://127.0.0.1"))
