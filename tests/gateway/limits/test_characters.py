"""Documents that are long for nothing, and hardly have a token."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, Served, connected, opened
from tests.gateway.limits.refused import excesses

MOST = 32 * 1024
BLANKS = "{ viewer { id }" + "\n" * MOST + "}"


async def test_a_document_of_blanks_is_refused_by_every_protocol(edge: Edge, served: Served) -> None:
    """Neither a socket, a stream of events, a batch nor a GET has it read."""
    (error,) = await excesses(edge, BLANKS, "characters")
    assert f"has {len(BLANKS)} characters: at most {MOST}" in error["message"]
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(BLANKS)
        said = [(await socket.hear())["payload"]]
    async with edge.client() as client:
        streamed = await client.post("/graphql", json={"query": BLANKS}, headers={"Accept": "text/event-stream"})
        batched = await client.post("/graphql", json=[{"query": BLANKS}])
    for text in (*map(str, said), streamed.text, batched.text):
        assert "OPERATION_TOO_COMPLEX" in text


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """A text that is just as long is run."""
    text = "{ viewer { id } }"
    async with opened(tmp_path, max_characters=len(text)) as edge:
        assert (await edge.ask(text))["data"]
        assert await excesses(edge, f"{text} ", "characters")


async def test_a_number_without_end_is_a_mistake_of_its_sender(edge: Edge) -> None:
    """It is no fault of ours, whatever Python can read."""
    (error,) = (await edge.ask("{ executions(first: " + "9" * 5000 + ") { totalCount } }"))["errors"]
    assert "more digits than can be read" in error["message"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
