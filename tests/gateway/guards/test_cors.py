"""Which pages of other origins may read what the graph answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.configuration.settings import SettingsError, read_settings
from tests.gateway.edge import ALICE, KEYS, Edge, opened

APP = "https://app.example"
QUERY = {"query": "{ viewer { id } }"}
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


async def test_no_page_of_another_origin_reads_anything(edge: Edge) -> None:
    """Unless the settings name it, a browser is told nothing that would let its page in."""
    async with edge.client() as client:
        asked = await client.options("/graphql", headers={"Origin": APP, **ASKED})
        answer = await client.post("/graphql", json=QUERY, headers={"Origin": APP})
    assert not [name for got in (asked, answer) for name in got.headers if name.startswith("access-control")]


async def test_a_page_that_the_settings_name_is_let_in(tmp_path: Path) -> None:
    """It may send a key and read the answer, refusals too, but no cookie goes along."""
    async with opened(tmp_path, KEYS, allowed_origins=APP) as edge, edge.client() as client:
        asked = await client.options("/graphql", headers={"Origin": APP, **ASKED})
        headers = {"Origin": APP, "Authorization": f"Bearer {ALICE}"}
        answers = [await client.post("/graphql", json=QUERY, headers=sent) for sent in (headers, {"Origin": APP})]
    assert asked.status_code == 200
    assert {"authorization", "content-type"} <= set(asked.headers["access-control-allow-headers"].lower().split(", "))
    assert [answer.status_code for answer in answers] == [200, 401]
    for answer in (asked, *answers):
        assert answer.headers["access-control-allow-origin"] == APP
        assert "access-control-allow-credentials" not in answer.headers
    assert "X-Request-ID" in answers[0].headers["access-control-expose-headers"]
    assert answers[0].headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://app.example.evil.example", "http://app.example", f"{APP}:8443", "null"])
async def test_an_origin_that_only_looks_alike_is_not_let_in(origin: str, tmp_path: Path) -> None:
    """Scheme, host and port are compared as a whole."""
    async with opened(tmp_path, KEYS, allowed_origins=APP) as edge, edge.client() as client:
        asked = await client.options("/graphql", headers={"Origin": origin, **ASKED})
        answer = await client.post("/graphql", json=QUERY, headers={"Origin": origin})
    assert asked.status_code == 400
    for got in (asked, answer):
        assert "access-control-allow-origin" not in got.headers


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "app.example", f"{APP}/", f"{APP}/path", "ftp://a", "null"]
)
def test_an_origin_is_written_out(origin: str) -> None:
    """A pattern would let in whoever finds a name that fits."""
    with pytest.raises(SettingsError, match=r"TRIGRAPH_ALLOWED_ORIGINS is .* is no origin"):
        read_settings(allowed_origins=f"{APP},{origin}")
