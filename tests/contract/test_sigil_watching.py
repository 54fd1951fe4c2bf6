"""How every adapter of Sigil tells of changes, as `adapters/sigil/port.py` promises it."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from adapters.errors import InvalidInput, NotFound
from adapters.principal import Principal
from adapters.sigil.models import PhaseName, ScanStatus
from adapters.sigil.port import Sigil
from tests.contract.scanning import SECONDS, UNKNOWN, followed, scanned
from tests.package_registry import CLEAN, PackageRegistry


async def test_watching_one_scan_tells_its_phases_and_ends_after_the_terminal_state(
    sigil: Sigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """First the present state, then more phases from change to change, with rising cursors, and the result last."""
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish(name, "1.0.0", CLEAN | {"name.txt": name})
    scan = await sigil.submit(principal, f"npm:{name}")
    changes = await followed(sigil.watch(principal, scan_id=scan.id))
    assert changes[0].previous is None
    assert all(not change.state.finished for change in changes[:-1])
    assert changes[-1].state.status is ScanStatus.COMPLETED
    done = [len(change.state.phases) for change in changes]
    assert done == sorted(done)
    assert done[-1] == len(PhaseName)
    cursors = [int(change.cursor) for change in changes]
    assert cursors == sorted(set(cursors))


async def test_watching_after_a_cursor_tells_only_what_came_later(sigil: Sigil, principal: Principal) -> None:
    """A client that comes back hands in its last cursor and misses nothing."""
    scan = await sigil.submit(principal, "npm:clean-box@^1", force=True)
    changes = await followed(sigil.watch(principal, scan_id=scan.id))
    assert await followed(sigil.watch(principal, changes[-1].cursor, scan.id)) == []
    before = str(int(changes[-1].cursor) - 1)
    (last,) = await followed(sigil.watch(principal, before, scan.id))
    assert last.state == changes[-1].state


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10", "💥", "x" * 500])
async def test_a_cursor_that_is_none_is_refused(sigil: Sigil, principal: Principal, cursor: str) -> None:
    """It is not taken for the beginning of the stream."""
    with pytest.raises(InvalidInput):
        await followed(sigil.watch(principal, cursor))


async def test_watching_all_tells_what_is_there_and_what_begins(sigil: Sigil, principal: Principal) -> None:
    """One stream covers every scan of the tenant's, whoever of it asked."""
    before = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    colleague = Principal(id="colleague", name="colleague", tenant=principal.tenant)
    seen: dict[str, list[ScanStatus]] = {}
    async with asyncio.timeout(SECONDS):
        begun = None
        async for change in sigil.watch(principal):
            seen.setdefault(change.state.id, []).append(change.state.status)
            if begun is None:
                begun = await sigil.submit(colleague, "npm:clean-box@1.1.0")
            if change.state.id == begun.id and change.state.finished:
                break
    assert begun is not None
    assert seen[before.id] == [ScanStatus.COMPLETED]
    assert seen[begun.id][-1] is ScanStatus.COMPLETED


async def test_a_slow_reader_gets_the_latest_state(
    sigil: Sigil, principal: Principal, package_registry: PackageRegistry
) -> None:
    """What it did not read in time is replaced, and the terminal state always arrives."""
    let_go = asyncio.Event()
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish_held(name, "1.0.0", let_go)
    scan = await sigil.submit(principal, f"npm:{name}")
    slow = sigil.watch(principal, scan_id=scan.id)
    first = await anext(slow)
    let_go.set()
    await followed(sigil.watch(principal, scan_id=scan.id))
    rest = await followed(slow)
    assert not first.state.finished
    assert [change.state.status for change in rest] == [ScanStatus.COMPLETED]


async def test_an_unknown_scan_is_none_and_can_not_be_watched(sigil: Sigil, principal: Principal) -> None:
    """Keys keep their places where some are unknown."""
    known = await scanned(sigil, principal, "npm:clean-box@1.0.0")
    assert await sigil.scans_by_id(principal, [UNKNOWN, known.id, ""]) == [None, known, None]
    with pytest.raises(NotFound):
        await followed(sigil.watch(principal, scan_id=UNKNOWN))
