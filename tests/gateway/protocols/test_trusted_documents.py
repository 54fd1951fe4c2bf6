"""Trusted documents: named instead of sent, and on demand nothing else is executed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.configuration.settings import SettingsError
from tests.gateway.edge import Edge, build_edge, connected

TEXT = "query Me { viewer { name } }"
HASH = hashlib.sha256(TEXT.encode()).hexdigest()
UPDATES = "subscription Updates { executionUpdates { cursor } }"
DATA = {"data": {"viewer": {"name": "local"}}}
RELAY = {HASH: TEXT, "d41d8cd98f00b204e9800998ecf8427e": UPDATES}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": HASH, "name": "Me", "type": "query", "body": TEXT}],
}
UNTRUSTED = "{ viewer { id } }"


def build(folder: Path, manifest: Any = RELAY, *, only: bool = True) -> Edge:
    path = folder / "manifest.json"
    path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
    return build_edge(folder, trusted_documents=path, only_trusted_documents=only)


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway that executes the documents of a manifest only."""
    edge = build(tmp_path)
    yield edge
    await edge.assembly.database.close()


async def post(edge: Edge, body: Any, **headers: str) -> httpx.Response:
    async with edge.client() as client:
        return await client.post("/graphql", json=body, headers=headers)


@pytest.mark.parametrize("manifest", [RELAY, APOLLO])
@pytest.mark.parametrize(
    "named",
    [
        {"documentId": HASH},
        {"documentId": f"sha256:{HASH}"},
        {"id": HASH},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
        {"query": TEXT},
    ],
)
async def test_a_document_is_named_in_the_ways_of_all_clients(named: Any, manifest: Any, tmp_path: Path) -> None:
    """Relay's, Apollo's and the specification's; the text itself is trusted as well."""
    edge = build(tmp_path, manifest)
    assert (await post(edge, named)).json() == DATA
    await edge.assembly.database.close()


async def test_a_document_is_named_by_get(strict: Edge) -> None:
    """As a parameter of the URL."""
    async with strict.client() as client:
        assert (await client.get("/graphql", params={"documentId": HASH})).json() == DATA


@pytest.mark.parametrize(
    "body",
    [
        {"query": UNTRUSTED},
        {"query": f"{TEXT} "},
        {"query": UNTRUSTED, "documentId": "unknown"},
        {"documentId": "unknown"},
        {
            "extensions": {
                "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(UNTRUSTED.encode()).hexdigest()}
            }
        },
        {
            "query": UNTRUSTED,
            "extensions": {
                "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(UNTRUSTED.encode()).hexdigest()}
            },
        },
    ],
)
async def test_an_unknown_document_is_refused_where_only_trusted_ones_are_executed(body: Any, strict: Edge) -> None:
    """However it is sent, and it does not become known by that."""
    for _ in range(2):
        answer = await post(strict, body)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (403, {"code": "DOCUMENT_NOT_TRUSTED"})


async def test_an_unknown_document_is_not_streamed_either(strict: Edge) -> None:
    """An event stream refuses it before it begins."""
    answer = await post(strict, {"query": UNTRUSTED}, accept="text/event-stream")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (403, {"code": "DOCUMENT_NOT_TRUSTED"})


async def test_a_batch_hides_no_unknown_document(strict: Edge) -> None:
    """Each of its operations is looked at."""
    answers = (await post(strict, [{"documentId": HASH}, {"query": UNTRUSTED}])).json()
    assert answers[0] == DATA
    assert answers[1]["errors"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}


async def test_a_socket_refuses_an_unknown_document_too(strict: Edge) -> None:
    """And serves on."""
    async with strict.served() as served, connected(served) as socket:
        await socket.init()
        await socket.subscribe(UNTRUSTED)
        refused = await socket.hear()
        await socket.say(type="subscribe", id="2", payload={"documentId": HASH})
        assert (await socket.hear())["payload"] == DATA
    assert (refused["type"], refused["payload"][0]["extensions"]) == ("error", {"code": "DOCUMENT_NOT_TRUSTED"})


async def test_other_documents_are_executed_where_they_may_be(tmp_path: Path) -> None:
    """The manifest is then a shorter way to say the same; an id that it lacks is told."""
    edge = build(tmp_path, only=False)
    assert (await post(edge, {"query": TEXT, "id": "of somebody else's"})).json() == DATA
    unknown = await post(edge, {"documentId": "unknown"})
    await edge.assembly.database.close()
    assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]) == (400, {"code": "DOCUMENT_NOT_FOUND"})


@pytest.mark.parametrize("manifest", ["", "[]", '{"a": 5}', '{"format": "apollo-persisted-query-manifest"}'])
def test_a_manifest_that_is_none_is_told_at_the_start(manifest: str, tmp_path: Path) -> None:
    """With the file's name and what it should hold."""
    with pytest.raises(SettingsError, match=r"TRIGRAPH_TRUSTED_DOCUMENTS is '.*manifest\.json': .*Name a file"):
        build(tmp_path, manifest)


def test_nothing_is_trusted_without_a_manifest(tmp_path: Path) -> None:
    """Which would refuse everything."""
    with pytest.raises(SettingsError, match="name one in TRIGRAPH_TRUSTED_DOCUMENTS"):
        build_edge(tmp_path, only_trusted_documents=True)
