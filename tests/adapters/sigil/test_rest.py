"""The port over the upstream's REST API: what goes out, and what becomes of what comes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.errors import InvalidPayload, LimitExceeded, NotAllowed, NotFound
from adapters.health import Health
from adapters.http.polling import FORGOTTEN_AFTER, Pace
from adapters.http.upstream import Upstream
from adapters.ownership import Ownership
from adapters.packages import PackageName
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.sigil.models import ScanStatus
from adapters.sigil.port import ScanFilter
from adapters.sigil.rest import RestSigil, build
from adapters.store.database import Database
from adapters.workers import Workers
from tests.running import new_principal

FAST = Pace(busy=0.01, idle=0.01, trouble=0.02)
PHASES = ("install_hooks", "code_patterns", "network_exfil", "credentials", "obfuscation", "provenance")
ALL = ScanFilter()


class ScriptedSigil:
    """An upstream that answers with the documented fields only, and makes a new scan of everything it is asked for.

    `is_growing` makes it have one more after every list, `twins` makes it answer a repeated target with the scan that
    there is, unless forced; `broken` is given instead.
    """

    def __init__(self) -> None:
        self.scans: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.requests: list[httpx.Request] = []
        self.is_growing = False
        self.twins = False
        self.broken: httpx.Response | None = None

    def put(self, number: int, target: str = "npm:express@4.18.2", status: str = "completed") -> str:
        """Have a scan."""
        done = status == "completed"
        scan_id = f"scan_{number:026}"
        self.scans[scan_id] = {
            "id": scan_id,
            "status": status,
            "target": target,
            "score": 0 if done else None,
            "verdict": "clean" if done else None,
            "phases": {name: {"score": 0, "findings": []} for name in PHASES},
            "duration_ms": 1200 if done else None,
            "created_at": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        }
        return scan_id

    def adapter(self, store: Database) -> RestSigil:
        """Build the adapter that talks to this."""
        upstream = Upstream("Sigil", "https://sigil.example", "sk_live_x", httpx.MockTransport(self._answer))
        return RestSigil(upstream, Ownership(store, "sigil"), FAST)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.calls[f"{request.method} {request.url.path}"] += 1
        if self.broken is not None:
            return self.broken
        if request.method == "POST":
            return self._submit(json.loads(request.content))
        if request.url.path != "/v1/scans":
            known = self.scans.get(request.url.path.rpartition("/")[2])
            error = {"code": "not_found", "message": "none", "status": 404}
            return httpx.Response(200, json=known) if known else httpx.Response(404, json={"error": error})
        query = request.url.params
        page, size = int(query.get("page", 1)), int(query.get("per_page", 20))
        listed = [scan for scan in self.scans.values() if query.get("target", "") in scan["target"]]
        listed = sorted(listed, key=lambda scan: str(scan["id"]), reverse=True)
        items = listed[(page - 1) * size : page * size]
        if self.is_growing:
            self.put(len(self.scans) + 1)
        return httpx.Response(200, json={"items": items, "total": len(listed), "page": page, "per_page": size})

    def _submit(self, body: dict[str, Any]) -> httpx.Response:
        if self.twins and not body.get("force"):
            for scan in self.scans.values():
                if scan["target"] == body["target"]:
                    return httpx.Response(201, json=scan)
        scan_id = self.put(len(self.scans) + 1, body["target"], "running")
        return httpx.Response(202, json=self.scans[scan_id])


@pytest.fixture
def upstream() -> ScriptedSigil:
    """An upstream without a scan."""
    return ScriptedSigil()


@pytest.fixture
async def rest(upstream: ScriptedSigil, sqlite: Database) -> AsyncIterator[RestSigil]:
    """The adapter over it."""
    adapter = upstream.adapter(sqlite)
    yield adapter
    await adapter.close()


async def test_a_scan_is_asked_for_without_waiting(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """The documented body, the token, and the wish for an answer at once."""
    scan = await rest.submit(LOCAL, "npm:express")
    (request,) = upstream.requests
    assert (request.method, str(request.url)) == ("POST", "https://sigil.example/v1/scans?wait=0")
    assert request.headers["authorization"] == "Bearer sk_live_x"
    assert json.loads(request.content) == {"target": "npm:express"}
    assert (scan.status, scan.phases) == (ScanStatus.RUNNING, {})


async def test_tenants_do_not_share_a_scan(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """What the upstream has for one tenant is scanned anew for the next."""
    upstream.twins = True
    ann, bob = new_principal(), new_principal()
    one = await rest.submit(ann, "npm:express")
    other = await rest.submit(bob, "npm:express")
    assert one.id != other.id
    assert json.loads(upstream.requests[-1].content)["force"] is True
    assert await rest.submit(ann, "npm:express") == one
    assert [scan and scan.id for scan in await rest.scans_by_id(ann, [one.id, other.id])] == [one.id, None]


async def test_what_nobody_here_asked_for_is_the_local_principals(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """A token's earlier scans are seen where there are no keys, and not by a key's tenant."""
    scan_id = upstream.put(1)
    assert [scan.id for scan in (await rest.scans(LOCAL, Window(5), ALL)).nodes] == [scan_id]
    assert list((await rest.scans(new_principal(), Window(5), ALL)).nodes) == []
    assert await rest.scans_by_id(new_principal(), [scan_id]) == [None]
    assert upstream.calls[f"GET /v1/scans/{scan_id}"] == 0


async def test_pages_reach_over_those_of_the_upstream(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """All of 250 scans are found, each once, newest first; the total is told where all were read."""
    ids = [upstream.put(number) for number in range(1, 251)]
    found: list[str] = []
    after = None
    while True:
        page = await rest.scans(LOCAL, Window(90, after), ALL)
        found += [scan.id for scan in page.nodes]
        if not page.has_next_page:
            break
        after = page.positions[-1]
    assert found == ids[::-1]
    assert (await rest.scans(LOCAL, Window(100), ScanFilter(target="nothing"))).total_count == 0
    assert (await rest.scans(LOCAL, Window(10), ALL)).total_count is None


async def test_pages_hold_while_scans_come_in_between_those_of_the_upstream(
    upstream: ScriptedSigil, rest: RestSigil
) -> None:
    """Forward and back: what is pushed on from one of its pages to the next is neither missed nor shown twice."""
    ids = [upstream.put(number) for number in range(1, 251)]
    upstream.is_growing = True
    page = await rest.scans(LOCAL, Window(120), ALL)
    forward = [scan.id for scan in page.nodes]
    while page.has_next_page:
        page = await rest.scans(LOCAL, Window(120, page.positions[-1]), ALL)
        forward += [scan.id for scan in page.nodes]
    assert forward == ids[::-1]
    page = await rest.scans(LOCAL, Window(last=120), ALL)
    back = [scan.id for scan in page.nodes]
    while page.has_previous_page and len(back) < len(ids):
        page = await rest.scans(LOCAL, Window(last=120, before=page.positions[0]), ALL)
        back = [*(scan.id for scan in page.nodes), *back]
    assert "from" in upstream.requests[-1].url.params
    assert back[-len(ids) :] == ids[::-1]
    assert len(set(back)) == len(back)


async def test_a_completed_scan_is_asked_for_once(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """It will not change; one that runs is asked for each time."""
    done, running = upstream.put(1), upstream.put(2, status="running")
    for _ in range(3):
        await rest.scans_by_id(LOCAL, [done, running, done])
    assert upstream.calls[f"GET /v1/scans/{done}"] == 1
    assert upstream.calls[f"GET /v1/scans/{running}"] == 3


async def test_scans_of_a_package_are_those_of_its_name(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """Not those whose target only holds it; at most twenty."""
    for number in range(1, 26):
        upstream.put(number, f"npm:express@4.{number}.0")
    upstream.put(26, "npm:express-session@1.0.0")
    (found,) = await rest.scans_of_packages(LOCAL, [PackageName("npm", "express")])
    assert [scan.target for scan in found] == [f"npm:express@4.{number}.0" for number in range(25, 5, -1)]


async def test_a_watcher_of_a_scan_that_the_upstream_forgets_is_told_so(
    upstream: ScriptedSigil, rest: RestSigil
) -> None:
    """After some looks, by the id that it asked for."""
    scan = await rest.submit(LOCAL, "npm:express")
    stream = rest.watch(LOCAL, scan_id=scan.id)
    assert (await anext(stream)).state == scan
    upstream.scans.clear()
    with pytest.raises(NotFound, match=f"There is no '{scan.id}' any more"):
        await anext(stream)
    assert upstream.calls[f"GET /v1/scans/{scan.id}"] == FORGOTTEN_AFTER


async def test_a_watcher_of_an_upstream_without_our_fields_is_told_the_end(
    upstream: ScriptedSigil, rest: RestSigil
) -> None:
    """The documented fields are enough."""
    scan = await rest.submit(LOCAL, "npm:express")
    told = []
    async for change in rest.watch(LOCAL, scan_id=scan.id):
        told.append((change.state.status, len(change.state.phases)))
        upstream.scans[scan.id] |= {"status": "completed", "score": 0, "verdict": "clean"}
    assert told == [(ScanStatus.RUNNING, 0), (ScanStatus.COMPLETED, 6)]


async def test_health_is_asked_for_now_and_then(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """A probe that comes every second does not use up the limit."""
    assert [(await rest.health()).health for _ in range(5)] == [Health.UP] * 5
    assert upstream.calls["GET /v1/scans"] == 1


@pytest.mark.parametrize(("status", "health"), [(401, Health.DEGRADED), (403, Health.DEGRADED), (503, Health.DOWN)])
async def test_health_names_the_setting_to_look_at(
    upstream: ScriptedSigil, rest: RestSigil, status: int, health: Health
) -> None:
    """A refused token limps, an upstream that fails is down."""
    upstream.broken = httpx.Response(status)
    told = await rest.health()
    assert told.health is health
    assert "TRIGRAPH_SIGIL" in (told.message or "")


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(401, json={"error": {"code": "unauthorized", "message": "no", "status": 401}}), NotAllowed),
        (httpx.Response(429, headers={"Retry-After": "60"}), LimitExceeded),
        (httpx.Response(200, content=b"<html>"), InvalidPayload),
    ],
)
async def test_trouble_is_told_by_its_kind(
    upstream: ScriptedSigil, rest: RestSigil, response: httpx.Response, kind: type[Exception]
) -> None:
    """Whatever is asked; a single scan that may not be read is not simply missing when the token is wrong."""
    upstream.broken = response
    with pytest.raises(kind):
        await rest.submit(LOCAL, "npm:express")
    with pytest.raises(kind):
        await rest.scans(LOCAL, Window(5), ALL)
    with pytest.raises(kind):
        await rest.scans_by_id(LOCAL, ["scan_1"])


async def test_it_is_built_from_a_url_and_a_token(sqlite: Database, tmp_path: Path) -> None:
    """As the entry point does; nothing connects before it is asked."""
    context = AdapterContext(
        location="http://127.0.0.1:9",
        token="sk_live_x",
        cache_dir=tmp_path,
        database=sqlite,
        durable=DurableWork("sqlite://", "tests"),
        workers=Workers(1),
        nvd_url="",
        nvd_api_key=None,
        attack_bundle=None,
        fetch_allowed=frozenset(),
    )
    adapter = build(context)
    assert (await adapter.health()).health is Health.DOWN
    await adapter.close()


async def test_what_no_scan_can_be_named_is_not_asked_for(upstream: ScriptedSigil, rest: RestSigil) -> None:
    """The service's token goes to no path that a caller makes up."""
    assert await rest.scans_by_id(LOCAL, ["..", ".", "", "\ud800"]) == [None] * 4
    assert upstream.requests == []
