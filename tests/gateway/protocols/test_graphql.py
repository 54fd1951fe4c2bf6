"""`/graphql` over HTTP: what is answered, what is refused, and how."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.edge import ALICE, BOB, Edge, Served

MUTATION = 'mutation { generateRules(input: {text: "a report"}) { ... on Execution { status } } }'
UNPARSABLE = "Unable to parse request body as JSON"


async def test_a_query_is_answered_by_post_and_by_get(edge: Edge) -> None:
    """Both give the same data, as JSON."""
    async with edge.client() as client:
        posted = await client.post("/graphql", json={"query": "{ viewer { id } }"})
        got = await client.get("/graphql", params={"query": "{ viewer { id } }"})
    assert posted.status_code == got.status_code == 200
    assert posted.json() == got.json() == {"data": {"viewer": {"id": "local"}}}
    assert posted.headers["content-type"] == "application/json"


async def test_variables_come_by_get_as_json(edge: Edge) -> None:
    """GET carries variables and the operation's name as parameters."""
    params = {
        "query": "query A($f: Int) { executions(first: $f) { totalCount } } query B { viewer { id } }",
        "variables": '{"f": 1}',
        "operationName": "A",
    }
    async with edge.client() as client:
        answer = await client.get("/graphql", params=params)
    assert answer.json() == {"data": {"executions": {"totalCount": 0}}}


async def test_a_mutation_runs_by_post_only(edge: Edge) -> None:
    """A GET, which a link or an image could send, changes nothing."""
    async with edge.client() as client:
        refused = await client.get("/graphql", params={"query": MUTATION})
        assert edge.cloudsigma.calls["generate"] == 0
        done = await client.post("/graphql", json={"query": MUTATION})
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (405, "A mutation needs POST")
    assert refused.headers["allow"] == "POST"
    assert done.json() == {"data": {"generateRules": {"status": "RUNNING"}}}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_without_a_stream_says_what_it_needs(method: str, edge: Edge) -> None:
    """A plain request for a subscription is told of the two ways to have it."""
    query = {"query": "subscription { executionUpdates { cursor } }"}
    async with edge.client() as client:
        answer = await client.request(
            method, "/graphql", params=query if method == "GET" else None, json=query if method == "POST" else None
        )
    message = answer.json()["errors"][0]["message"]
    assert answer.status_code == 400
    assert "WebSocket" in message
    assert "text/event-stream" in message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", UNPARSABLE),
        (b"{", UNPARSABLE),
        (b'{"query": "\xff"}', UNPARSABLE),
        (b"[" * 100_000, "must be an object"),
        (b'{"variables": ' + b'{"a": ' * 100_000, UNPARSABLE),
        (b'{"query": "{ viewer { id } }", "variables": {"f": NaN}}', UNPARSABLE),
        (b'{"query": "{ viewer { id } }", "operationName": "\\ud800"}', UNPARSABLE),
        (b"5", "must be an object"),
        (b'"{ viewer { id } }"', "must be an object"),
        (b'[{"query": "{ viewer { id } }"}, 5]', "must be an object"),
        (b'[{"query": "{ viewer { id } }"}, {"query": 5}]', "`query` must be a string"),
        (b"null", "must be an object"),
        (b"{}", "give one in `query`"),
        (b'{"query": ""}', "give one in `query`"),
        (b'{"query": 5}', "`query` must be a string"),
        (b'{"query": "{ viewer { id } }", "variables": []}', "`variables` must be an object"),
        (b'{"query": "{ viewer { id } }", "operationName": {}}', "`operationName` must be a string"),
        (b'{"query": "{ viewer { id } }", "operationName": "Other"}', "no operation named 'Other'"),
    ],
)
async def test_a_body_that_holds_no_request_is_refused(body: bytes, said: str, edge: Edge) -> None:
    """Whatever comes in, the answer is a 400 with a sentence, in JSON, and never a failure of ours."""
    async with edge.client() as client:
        answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert said in error["message"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; x=application/json", "multipart/form-data", ""])
async def test_only_json_is_read(content_type: str, edge: Edge) -> None:
    """A type that a foreign page may send without asking first is refused, so no page can forge a mutation."""
    async with edge.client() as client:
        answer = await client.post(
            "/graphql", content=b'{"query": "%s"}' % MUTATION.encode(), headers={"Content-Type": content_type}
        )
    assert answer.status_code == 415
    assert edge.cloudsigma.calls["generate"] == 0


@pytest.mark.parametrize("accept", ["text/html,*/*", "*/*"])
async def test_a_visit_without_a_query_is_told_what_is_missing(accept: str, edge: Edge) -> None:
    """The page is elsewhere; here a browser sees a sentence rather than a bare 404."""
    async with edge.client() as client:
        answer = await client.get("/graphql", headers={"Accept": accept})
    assert answer.status_code == 400
    assert "give one in `query`" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_refused(method: str, edge: Edge) -> None:
    """405, and no word on other origins."""
    async with edge.client() as client:
        answer = await client.request(method, "/graphql", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_headers_tell_nothing_of_the_server(served: Served) -> None:
    """The answer has its type, length, id and how to keep it; neither the server's name nor leave for other origins."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://{served.host}/graphql", params={"query": "{ viewer { id } }"})
    caching = {"cache-control", "etag", "vary"}
    assert set(answer.headers) == {"date", "content-length", "content-type", "x-request-id", *caching}


@pytest.mark.parametrize("key", [None, "", "tg_" + "c" * 40])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_without_a_right_key_nothing_is_answered(key: str | None, accept: str, keyed: Edge) -> None:
    """401 with the scheme that is wanted, whatever is asked and in whichever way."""
    headers = {"Accept": accept, **({"Authorization": f"Bearer {key}"} if key is not None else {})}
    async with keyed.client() as client:
        answers = [
            await client.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers),
            await client.get("/graphql", params={"query": "{ __schema { types { name } } }"}, headers=headers),
            await client.post("/graphql", content=b"{", headers=headers),
        ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_right_key_names_its_principal(keyed: Edge) -> None:
    """Each key has its own caller, with tenant and tier."""
    query = "{ viewer { id tenant usage { tier } } }"
    answers = [await keyed.ask(query, key) for key in (ALICE, BOB)]
    assert [answer["data"]["viewer"] for answer in answers] == [
        {"id": "alice", "tenant": "acme", "usage": {"tier": "pro"}},
        {"id": "bob", "tenant": "acme", "usage": {"tier": "free"}},
    ]


async def test_introspection_as_graphiql_asks_it_is_answered(edge: Edge) -> None:
    """The playground's own query is within the limits."""
    from graphql import build_client_schema, get_introspection_query

    answer: Any = await edge.ask(get_introspection_query(descriptions=True, input_value_deprecation=True))
    assert build_client_schema(answer["data"]).query_type
