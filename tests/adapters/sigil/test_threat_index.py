"""The threats of an upstream by their indicators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from adapters.http.upstream import Upstream
from adapters.sigil.lists import Lists
from adapters.sigil.threat_index import ThreatIndex


def threat(number: int, *indicators: str) -> dict[str, Any]:
    return {
        "id": f"MAL-{number:04}",
        "package_name": f"package-{number}",
        "ecosystem": "npm",
        "threat_type": "malicious_package",
        "severity": "critical",
        "description": "Malicious code",
        "source": "tests",
        "indicators": indicators,
    }


class ScriptedThreats:
    """An upstream that lists threats, newest first."""

    def __init__(self, *threats: dict[str, Any]) -> None:
        self.threats = list(threats)
        self.calls = 0
        self.upstream = Upstream("Sigil", "https://sigil.example", "sk_live_x", httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        page, size = int(request.url.params["page"]), int(request.url.params["per_page"])
        items = self.threats[(page - 1) * size : page * size]
        listed = {"items": items, "total": len(self.threats), "page": page, "per_page": size}
        return httpx.Response(200, json=listed)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedThreats]:
    threats = ScriptedThreats(threat(2, "EVIL[.]example"), threat(1, "evil.example", "hxxp://evil.example/a"))
    yield threats
    await threats.upstream.close()


def ids(found: list[list[Any]]) -> list[list[str]]:
    return [[threat.id for threat in threats] for threats in found]


async def test_threats_are_found_by_any_form_of_an_indicator(scripted: ScriptedThreats) -> None:
    """In the order asked for, newest first."""
    index = ThreatIndex(Lists(scripted.upstream))
    found = await index.threats_of(["Evil.example", "none.example", "http://EVIL.example/a"])
    assert ids(found) == [["MAL-0002", "MAL-0001"], [], ["MAL-0001"]]
    await index.close()


async def test_the_list_is_read_once_for_all_who_ask(scripted: ScriptedThreats) -> None:
    """At the same time or within ten minutes; then anew."""
    index = ThreatIndex(Lists(scripted.upstream))
    await asyncio.gather(*(index.threats_of(["evil.example"]) for _ in range(5)))
    await index.threats_of(["none.example"])
    assert scripted.calls == 1
    hasty = ThreatIndex(Lists(scripted.upstream), good_seconds=0)
    scripted.calls = 0
    await hasty.threats_of(["evil.example"])
    scripted.threats.clear()
    assert await hasty.threats_of(["evil.example"]) == [[]]
    assert scripted.calls == 2
    await index.close()
    await hasty.close()


async def test_at_most_twenty_pages_are_read_and_twenty_threats_told() -> None:
    """Whatever the upstream has, asking is bounded."""
    threats = ScriptedThreats(*(threat(number, "evil.example", f"{number}.example") for number in range(2500)))
    index = ThreatIndex(Lists(threats.upstream))
    common, last_read, first_unread = await index.threats_of(["evil.example", "1999.example", "2000.example"])
    assert threats.calls == 20
    assert ids([common]) == [[f"MAL-{number:04}" for number in range(20)]]
    assert (len(last_read), first_unread) == (1, [])
    await index.close()
    await threats.upstream.close()
