"""What clients may keep of answers, and how they ask whether it is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.protocols.caching import etag, names
from tests.gateway.edge import ALICE, BOB, Edge, build_edge, opened

STATS = {"query": "{ stats { resourcesCount } }"}
VIEWER = {"query": "{ viewer { id } }"}
PREFLIGHT = {"Apollo-Require-Preflight": "1"}


async def got(edge: Edge, asked: dict[str, str], key: str = ALICE, **headers: str) -> httpx.Response:
    """Ask by GET."""
    sent = {**PREFLIGHT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with edge.client(key) as client:
        return await client.get("/graphql", params=asked, headers=sent)


async def test_an_answer_says_how_long_it_may_be_kept_and_by_whom(keyed: Edge) -> None:
    """By the hints of what it shows; a shared cache tells callers apart."""
    answer = await got(keyed, STATS)
    assert answer.headers["cache-control"] == "private, max-age=30"
    assert answer.headers["vary"] == "Accept, Authorization"
    assert answer.headers["etag"].startswith('"')
    assert (await got(keyed, VIEWER)).headers["cache-control"] == "private, no-cache"


async def test_what_a_client_has_is_not_sent_again(keyed: Edge) -> None:
    """304 without a body; once it has changed, it is sent."""
    first = await got(keyed, VIEWER)
    again = await got(keyed, VIEWER, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: first.headers[name] for name in ("etag", "cache-control", "vary")
    }
    other = await got(keyed, {"query": "{ viewer { name } }"}, If_None_Match=first.headers["etag"])
    assert other.status_code == 200


async def test_anothers_tag_shows_nothing_of_its_answer(keyed: Edge) -> None:
    """Who asks with the tag of somebody else's answer gets its own, or is refused."""
    first = await got(keyed, VIEWER, ALICE)
    assert (await got(keyed, VIEWER, BOB, If_None_Match=first.headers["etag"])).json()["data"]["viewer"]["id"] == "bob"
    assert (await got(keyed, VIEWER, "c" * 40, If_None_Match="*")).status_code == 401


@pytest.mark.parametrize(
    ("asked", "headers"),
    [
        ({"query": '{ execution(arn: "none") { arn } nothing }'}, {}),
        ({"query": "{"}, {}),
        ({}, {}),
        ({"query": "mutation { checkBudgets { checked } }"}, {}),
        ({"query": "subscription { executionUpdates { cursor } }"}, {}),
        ({"extensions": '{"persistedQuery": {"version": 1, "sha256Hash": "' + "a" * 64 + '"}}'}, {}),
        (STATS, {"Authorization": "Bearer nobody"}),
        ({"query": "{ viewer { id } }", "variables": "x"}, {}),
    ],
    ids=["partial", "broken", "empty", "mutation", "subscription", "unknown hash", "nobody", "bad variables"],
)
async def test_what_went_wrong_is_kept_by_nobody(asked: dict[str, str], headers: dict[str, str], keyed: Edge) -> None:
    """Neither an error, nor a refusal: the next time it may be right."""
    answer = await got(keyed, asked, **headers)
    assert "errors" in answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_an_answer_with_an_error_beside_data_is_kept_by_nobody(tmp_path: Path) -> None:
    """What is missing may be there the next time."""
    async with opened(tmp_path, f"alice={ALICE};roles=metrics") as edge:
        answer = await got(edge, {"query": "{ viewer { id usage { used } } }"})
    assert answer.json()["data"] == {"viewer": {"id": "alice", "usage": None}}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_post_says_nothing_of_it(keyed: Edge) -> None:
    """It is answered as ever."""
    async with keyed.client(ALICE) as client:
        answer = await client.post("/graphql", json=STATS, headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert not {"cache-control", "etag"} & set(answer.headers)


async def test_callers_own_tokens_tell_answers_apart(tmp_path: Path) -> None:
    """What an upstream shows to one token is not another's."""
    edge: Any = build_edge(tmp_path, f"alice={ALICE}", token_passthrough=True)
    assert "x-trigraph-sigil-token" in (await got(edge, STATS)).headers["vary"]
    await edge.assembly.database.close()


def test_a_tag_names_one_representation() -> None:
    """Another body or another type is another."""
    tags = {etag(b"{}", "application/json"), etag(b"{ }", "application/json"), etag(b"{}", "application/x+json")}
    assert len(tags) == 3


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ('"a', False),
        ("", False),
    ],
)
def test_a_tag_is_found_among_those_that_a_client_names(if_none_match: str, expected: bool) -> None:
    """Weakly compared, as for GET."""
    assert names(if_none_match, '"a"') is expected
