"""The OpenAPI document of a made-up API."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.http.openapi import Api, Operation, Refusal, write_document


class Thing(msgspec.Struct):
    """A thing,
    told on two lines.
    """  # noqa: D205 - what is tested

    name: str


class ThingsQuery(msgspec.Struct):
    """The parameters of GET /things."""

    limit: Annotated[int, msgspec.Meta(ge=1)] = 5


class Trouble(msgspec.Struct):
    """What is wrong."""

    message: str


API = Api(
    title="Things",
    version="2.0.0",
    description="Keeps things.",
    token="A key.",
    refusals={404: Refusal(sentence="There is none.", shape=Trouble)},
    headers={"X-Left": "Requests that are left."},
)
LIST = Operation(
    method="GET",
    path="/things/{shelf}",
    name="things",
    tag="things",
    sentence="List things.",
    query=ThingsQuery,
    answer=list[Thing],
    statuses={200: "The things."},
    refusals=frozenset({404}),
)
ADD = replace(LIST, method="POST", name="add", query=None, body=Thing, example=Thing("a"), answer=Thing)
HEALTH = replace(LIST, path="/health", name="health", query=None, refusals=frozenset(), is_open=True)


@pytest.fixture
def document() -> dict[str, Any]:
    return write_document(API, [LIST, ADD, HEALTH])


def test_it_is_valid(document: dict[str, Any]) -> None:
    """By OpenAPI 3.1's own schema."""
    OpenAPIV31SpecValidator(document).validate()


def test_what_is_read_is_told(document: dict[str, Any]) -> None:
    """What the path names, each parameter of the query, and a body with its example."""
    shelf, limit = document["paths"]["/things/{shelf}"]["get"]["parameters"]
    assert (shelf["name"], shelf["in"], shelf["required"]) == ("shelf", "path", True)
    assert limit == {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 5}}
    content = document["paths"]["/things/{shelf}"]["post"]["requestBody"]["content"]["application/json"]
    assert content == {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"name": "a"}}


def test_what_is_answered_is_told(document: dict[str, Any]) -> None:
    """A success with the headers of the API, a refusal with its shape."""
    responses = document["paths"]["/things/{shelf}"]["get"]["responses"]
    assert list(responses) == ["200", "404"]
    assert responses["200"]["headers"]["X-Left"]["schema"] == {"type": "integer"}
    assert responses["404"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Trouble"}


def test_what_is_open_wants_no_key(document: dict[str, Any]) -> None:
    """And tells nothing that is counted for a key."""
    health = document["paths"]["/health"]["get"]
    assert health["security"] == []
    assert "headers" not in health["responses"]["200"]
    assert "security" not in document["paths"]["/things/{shelf}"]["get"]


def test_shapes_are_listed_but_for_those_of_queries(document: dict[str, Any]) -> None:
    """Their sentences stand on one line."""
    schemas = document["components"]["schemas"]
    assert set(schemas) == {"Thing", "Trouble"}
    assert schemas["Thing"]["description"] == "A thing, told on two lines."
