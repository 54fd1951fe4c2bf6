"""How long answers may be kept, by what they show."""

from __future__ import annotations

import pytest
import strawberry

from gateway.execution import cache_policy
from gateway.execution.cache_policy import CachePolicies
from schema.cache_control import CacheControl, CacheScope
from schema.graph import build_graph
from schema.view import edge

NEVER = "private, no-cache"


@strawberry.type(description="Known to all.", directives=[CacheControl(max_age=600, scope=CacheScope.PUBLIC)])
class Known:
    """Known to all."""

    name: str = strawberry.field(description="Its name.")


@strawberry.type(description="Somebody's.", directives=[CacheControl(max_age=60)])
class Own:
    """Somebody's."""

    name: str = strawberry.field(description="Its name.")


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    known: Known = edge(lambda: Known(name="a"), "Known to all.")
    own: Own = edge(lambda: Own(name="a"), "Somebody's.")
    brief: Known = edge(lambda: Known(name="a"), "Known to all.", CacheControl(max_age=5))
    count: int = edge(lambda: 1, "A number.")


@pytest.fixture(scope="module")
def policies() -> CachePolicies:
    """Of the gateway's graph."""
    return CachePolicies(build_graph()._schema)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ threats { nodes { packageName } } }", "private, max-age=60"),
        ("{ threats { edges { cursor node { packageName } } pageInfo { endCursor } } }", "private, max-age=60"),
        ("{ threats { pageInfo { hasNextPage } } }", "private, max-age=60"),
        ("{ stats { resourcesCount } threats { nodes { id } } }", "private, max-age=30"),
        ("{ __typename stats { __typename } }", "private, max-age=30"),
        ("{ analytics { spend { points { bucketStart } since } } }", "private, max-age=60"),
        ("{ threats { nodes { packageName scans { scanId } } } }", NEVER),
        ("{ threats { nodes { packageName } } viewer { id } }", NEVER),
        ("{ executions { pageInfo { hasNextPage } } }", NEVER),
        ('{ node(id: "x") { id ... on Threat { packageName } } }', NEVER),
        ("{ stats { resourcesCount } __schema { queryType { name } } }", NEVER),
        ("{ __typename }", NEVER),
        ("{ threats { nodes { ...more } } } fragment more on Threat { executions { arn } }", NEVER),
        ("query a { stats { resourcesCount } } query b { viewer { id } }", NEVER),
        ("{ stats { resourcesCount } viewer @include(if: false) { id } }", NEVER),
    ],
)
def test_the_shortest_hint_counts(text: str, expected: str, policies: CachePolicies) -> None:
    """Of all fields that a document names, wherever they stand; what has none is asked for anew."""
    assert policies.of(text).header == expected


def test_nothing_of_the_graph_is_for_everyone() -> None:
    """Every type's hint is for its caller alone, as each operation has a caller."""
    sdl = build_graph().as_str()
    assert "@cacheControl(maxAge" in sdl
    assert "scope: PUBLIC)" not in sdl


def test_an_answer_is_public_only_if_all_of_it_is() -> None:
    """One private type beside public ones makes it private, and a field's own hint goes before its type's."""
    policies = CachePolicies(strawberry.Schema(Query)._schema)
    assert policies.of("{ known { name } }").header == "public, max-age=600"
    assert policies.of("{ known { name } own { name } }").header == "private, max-age=60"
    assert policies.of("{ brief { name } }").header == "private, max-age=5"
    assert policies.of("{ known { name } count }").header == NEVER


def test_a_document_is_read_once(policies: CachePolicies, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its policy is kept."""
    text = "{ stats { resourcesCount actionsByStatus } }"
    known = policies.of(text)
    monkeypatch.setattr(cache_policy, "parse", None)
    assert policies.of(text) is known
