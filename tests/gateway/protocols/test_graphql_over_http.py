"""GraphQL over HTTP, as its specification has it and its reference audits see it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.cloudsigma.models import Usage
from tests.gateway.edge import Edge, Served
from tests.reference_clients import ReferenceClients

PLAIN = "application/json"
NEWER = "application/graphql-response+json"
EVENTS = "text/event-stream"


async def test_all_audits_are_ok(served: Served, reference_clients: ReferenceClients) -> None:
    """Media types, methods, parameters and status codes are as the specification says."""
    assert await reference_clients.run("audit.mjs", f"http://{served.host}/graphql") == "61 of 61 audits are ok\n"


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, PLAIN),
        ("*/*", PLAIN),
        ("text/html", PLAIN),
        (PLAIN, PLAIN),
        (NEWER, NEWER),
        (f"{NEWER}, {PLAIN}", NEWER),
        (f"{NEWER}, {PLAIN};q=0.9", NEWER),
        (f"{PLAIN}; charset=utf-8, {NEWER}; charset=utf-8; q=0.8", PLAIN),
        (f"{NEWER};q=0, */*", PLAIN),
        (f"{NEWER};q=x, */*", PLAIN),
        (f"{PLAIN}, {EVENTS}", PLAIN),
        (f"{EVENTS};q=0.9, {PLAIN}", PLAIN),
        (f"{NEWER}, application/graphql+json, {PLAIN}, {EVENTS}, multipart/mixed", NEWER),
        (f"{EVENTS}, {PLAIN}", f"{EVENTS}; charset=utf-8"),
        (f"{PLAIN};q=0.9, {EVENTS}", f"{EVENTS}; charset=utf-8"),
    ],
)
async def test_a_client_gets_the_media_type_that_it_wants(accept: str | None, answered: str, edge: Edge) -> None:
    """The newer one where it is wanted as much as plain JSON; events where they are wanted more, or named first."""
    async with edge.client() as client:
        client.headers.pop("accept")
        headers = {"Accept": accept} if accept else {}
        answer = await client.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, answered)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query ($id: ID!) { node(id: $id) { id } }"},
        {"query": "{ viewer { id } } " + "{ a } " * 700},
    ],
)
async def test_what_is_not_executed_has_no_data(body: Any, edge: Edge) -> None:
    """A text, a selection or variables that do not fit: 400, unless the client only knows plain JSON."""
    async with edge.client() as client:
        newer = await client.post("/graphql", json=body, headers={"Accept": NEWER})
        plain = await client.post("/graphql", json=body, headers={"Accept": PLAIN})
    assert (newer.status_code, plain.status_code) == (400, 200)
    assert newer.json() == plain.json()
    assert set(plain.json()) == {"errors"}


async def test_what_fails_while_it_is_executed_has_data(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even null, with 200: the request was right."""

    async def usage(*_: object) -> Usage:
        raise RuntimeError

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with edge.client() as client:
        failed = await client.post("/graphql", json={"query": "{ usage { used } }"}, headers={"Accept": NEWER})
    assert failed.status_code == 200
    assert set(failed.json()) == {"data", "errors"}


async def test_a_fault_before_anything_is_executed_is_no_fault_of_the_client(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500, where the status tells anything."""

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("gateway.execution.parsed_documents.ParsedDocuments.on_parse", fail)
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": "{ usage { used } }"}, headers={"Accept": NEWER})
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL"}


async def test_variables_of_a_url_are_json(edge: Edge) -> None:
    """What is none is named."""
    async with edge.client() as client:
        answers = [
            await client.get("/graphql", params={"query": "{ __typename }", name: value})
            for name, value in (("variables", "{"), ("extensions", "[" * 5_000), ("variables", "[]"))
        ]
    assert [(answer.status_code, answer.json()["errors"][0]["message"]) for answer in answers] == [
        (400, "Unable to parse the parameter `variables` as JSON"),
        (400, "Unable to parse the parameter `extensions` as JSON"),
        (400, "`variables` must be an object"),
    ]


@pytest.mark.parametrize("query_string", ["query=%FF", "&".join(f"{number}=1" for number in range(17))])
async def test_parameters_that_cannot_be_read_are_refused(query_string: str, edge: Edge) -> None:
    """Broken UTF-8, and more than any client sends."""
    async with edge.client() as client:
        answer = await client.get(f"/graphql?{query_string}")
    assert answer.status_code == 400
    assert "parameters can't be read" in answer.json()["errors"][0]["message"]
