"""What a page of another origin can make its visitor's browser send."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.gateway.edge import ALICE, Edge, opened

MUTATION = '{"query": "mutation { generateRules(input: {text: \\"a report\\"}) { __typename } }"}'
QUERY = {"query": "{ viewer { id } }"}
FOREIGN_PAGES = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:8001", "Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "null"},
    {"Origin": "http://[::1"},
]
PROGRAMS_AND_OWN_PAGES = [
    {},
    {"Sec-Fetch-Mode": "cors"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "https://127.0.0.1"},
    {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
]


def said_to(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=application/json", "multipart/form-data"])
async def test_a_form_of_another_origin_runs_nothing(content_type: str, edge: Edge) -> None:
    """The classic attack: a form whose text is JSON, sent by whoever opens a page."""
    async with edge.client() as client:
        for page in FOREIGN_PAGES:
            headers = {**page, "Content-Type": content_type}
            answer = await client.post("/graphql", content=MUTATION, headers=headers)
            assert said_to(answer) == (403, "CSRF_REFUSED"), page
    assert edge.cloudsigma.calls["generate"] == 0


async def test_a_script_that_leaves_the_type_out_runs_nothing(edge: Edge) -> None:
    """A blob without a type is sent without a header, and without asking first."""
    async with edge.client() as client:
        for page in FOREIGN_PAGES:
            answer = await client.post("/graphql", content=MUTATION, headers=page)
            assert said_to(answer) == (403, "CSRF_REFUSED"), page
    assert edge.cloudsigma.calls["generate"] == 0


async def test_an_image_of_another_origin_asks_nothing(edge: Edge) -> None:
    """An image's address may hold a query, whose work or whose time would tell the page something."""
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Accept": "image/*"}
    async with edge.client() as client:
        answer = await client.get("/graphql", params=QUERY, headers=image)
    assert said_to(answer) == (403, "CSRF_REFUSED")


async def test_a_foreign_pages_event_source_begins_no_stream(edge: Edge) -> None:
    """A page may open a stream of events without asking first, too."""
    source = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Accept": "text/event-stream"}
    async with edge.client() as client:
        answer = await client.get("/graphql", params=QUERY, headers=source)
    assert said_to(answer) == (403, "CSRF_REFUSED")


async def test_programs_and_own_pages_ask_as_they_like(edge: Edge) -> None:
    """GET needs no header of ours: GraphQL over HTTP knows none."""
    async with edge.client() as client:
        for sender in PROGRAMS_AND_OWN_PAGES:
            answer = await client.get("/graphql", params=QUERY, headers={"Accept": "application/json", **sender})
            assert answer.status_code == 200, sender


@pytest.mark.parametrize("header", ["GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name"])
async def test_what_a_browser_asks_first_about_is_left_to_that(header: str, edge: Edge) -> None:
    """Any header of a page's own choice makes its browser ask, and the answer to that is no."""
    async with edge.client() as client:
        page = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        answer = await client.get("/graphql", params=QUERY, headers={**page, header: "1"})
        asked = {**page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": header}
        asked_first = await client.options("/graphql", headers=asked)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in asked_first.headers


async def test_the_pages_that_the_settings_name_are_not_foreign(tmp_path: Path) -> None:
    """Exactly these: neither another port nor what begins alike."""
    async with opened(tmp_path, allowed_origins="https://app.example, http://localhost:3000") as edge:
        statuses = {}
        async with edge.client() as client:
            for origin in ("https://APP.example", "http://localhost:3000", "http://localhost:3001", "https://app.ex"):
                page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
                statuses[origin] = (await client.get("/graphql", params=QUERY, headers=page)).status_code
    assert list(statuses.values()) == [200, 200, 403, 403]


async def test_a_foreign_page_may_lead_to_the_playground(edge: Edge) -> None:
    """A link in somebody's wiki is no attack."""
    async with edge.client() as client:
        answer = await client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Accept": "text/html"})
    assert answer.status_code == 307


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Where something else in front of the gateway sees to it."""
    async with opened(tmp_path, f"alice={ALICE}", csrf_prevention=False) as edge, edge.client(ALICE) as client:
        answer = await client.get("/graphql", params=QUERY, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
