"""What each role may do, over every field that needs one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import graphql
import pytest
import strawberry

from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.access.roles import marked_fields, may, roles_table
from schema.graph import build_graph
from schema.roles import Role, demand_marks
from schema.view import edge as declared
from tests.gateway.edge import Edge, connected, opened

ROOT = Path(__file__).parents[3]
KEYS = {role: f"tg_{role}_" + "k" * 40 for role in ("nobody", "viewer", "operator", "admin", "metrics", "owner")}
ENTRIES = ",".join(f"{role}-key={key};tenant=acme;roles={role}" for role, key in KEYS.items())
GRAPH = build_graph()
ROOTS = [field for field in marked_fields(GRAPH) if field[0].partition(".")[0] in ("Query", "Mutation", "Subscription")]
LOWER = {Role.VIEWER: "metrics", Role.OPERATOR: "viewer", Role.ADMIN: "operator"}
"""For each role the most that one may have without it."""


@pytest.fixture(scope="module")
async def edge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """A gateway with a key for each role."""
    async with opened(tmp_path_factory.mktemp("roles"), ENTRIES) as edge:
        yield edge


def test_every_root_field_says_who_may() -> None:
    """A new one without a mark fails here; a mutation already when the graph is built."""
    schema = GRAPH._schema
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    names = [f"{root.name}.{field}" for root in roots if root is not None for field in root.fields]
    assert [name for name, _, _ in ROOTS] == names


def test_a_change_that_names_no_role_is_no_graph() -> None:
    """Nothing can be changed by whoever is let in because somebody forgot to say who may."""

    @strawberry.type
    class Mutation:
        forgotten: int = declared(lambda: 1, "Forgotten.")

    with pytest.raises(TypeError, match=r"Mutation\.forgotten has no role"):
        demand_marks(Mutation)


def test_only_the_caller_itself_may_be_asked_for_without_a_role() -> None:
    """And everything that changes something needs more than reading does."""
    assert [name for name, _, role in ROOTS if role is Role.CALLER] == ["Query.viewer"]
    assert {role for name, _, role in ROOTS if name.startswith("Mutation.")} == {Role.OPERATOR, Role.ADMIN}


def test_the_documented_table_is_the_graphs() -> None:
    """docs/access.md shows what the marks say."""
    assert roles_table(GRAPH) in (ROOT / "docs/access.md").read_text()


@pytest.mark.parametrize(
    ("held", "role", "expected"),
    [
        (("admin",), Role.ADMIN, True),
        (("owner",), Role.ADMIN, True),
        (("operator",), Role.ADMIN, False),
        (("operator", "metrics"), Role.VIEWER, True),
        (("viewer",), Role.OPERATOR, False),
        (("metrics",), Role.VIEWER, False),
        (("Admin", "root", "member"), Role.VIEWER, False),
        ((), Role.VIEWER, False),
        ((), Role.CALLER, True),
    ],
)
def test_a_role_may_what_lesser_ones_may(held: tuple[str, ...], role: Role, expected: bool) -> None:
    """What is no role of the graph's gives nothing, in whichever case it is written."""
    assert may(Principal(id="a", name="a", tenant="a", roles=held), role) is expected


def test_the_local_principal_may_do_everything() -> None:
    """Whoever works alone on a machine is its admin."""
    assert all(may(LOCAL_PRINCIPAL, role) for role in Role)


def asked(name: str, field: graphql.GraphQLField) -> str:
    """Write an operation with nothing but a root field, with made-up values where it demands some."""
    root, _, called = name.partition(".")
    arguments = ", ".join(f"{name}: {made_up(arg.type)}" for name, arg in field.args.items() if demands(arg))
    kind = graphql.get_named_type(field.type)
    more = " ... on Problem { code }" if tells(kind) else ""
    wanted = "" if graphql.is_leaf_type(kind) else f"{{ __typename{more} }}"
    return f"{root.lower()} {{ {called}{f'({arguments})' if arguments else ''} {wanted} }}"


def tells(kind: Any) -> bool:
    return isinstance(kind, graphql.GraphQLUnionType) and any(member.name == "NotAllowed" for member in kind.types)


def demands(of: graphql.GraphQLArgument | graphql.GraphQLInputField) -> bool:
    return graphql.is_non_null_type(of.type) and of.default_value is graphql.Undefined


def made_up(kind: Any) -> str:
    if graphql.is_non_null_type(kind):
        return made_up(kind.of_type)
    if graphql.is_list_type(kind):
        return "[]"
    if graphql.is_enum_type(kind):
        return str(next(iter(kind.values)))
    if isinstance(kind, graphql.GraphQLInputObjectType):
        given = ", ".join(f"{name}: {made_up(field.type)}" for name, field in kind.fields.items() if demands(field))
        return f"{{{given}}}"
    return {"Int": "1", "Float": "1", "Boolean": "true", "DateTime": '"2026-11-30T12:00:00Z"'}.get(kind.name, '"x"')


NEEDING = [each for each in ROOTS if each[2] is not Role.CALLER and not each[0].startswith("Subscription.")]


@pytest.mark.parametrize(("name", "field", "role"), NEEDING, ids=[name for name, _, _ in NEEDING])
async def test_a_root_field_says_no_to_who_lacks_its_role(
    name: str, field: graphql.GraphQLField, role: Role, edge: Edge
) -> None:
    """As data where a mutation's result has a member for it, else as an error; a service is not asked."""
    answer = await edge.ask(asked(name, field), KEYS[LOWER[role]])
    if tells(graphql.get_named_type(field.type)):
        (told,) = answer["data"].values()
        assert told == {"__typename": "NotAllowed", "code": "role_required"}
    else:
        assert answer["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}
        assert f"{name} needs the role `{role}`" in answer["errors"][0]["message"]


STREAMS = [each for each in ROOTS if each[0].startswith("Subscription.")]


@pytest.mark.parametrize(("name", "field", "role"), STREAMS, ids=[name for name, _, _ in STREAMS])
async def test_a_stream_says_no_to_who_lacks_its_role(
    name: str, field: graphql.GraphQLField, role: Role, edge: Edge
) -> None:
    """Before anything is watched."""
    async with edge.served() as served, connected(served, KEYS[LOWER[role]]) as socket:
        await socket.init()
        await socket.subscribe(asked(name, field))
        message = await socket.hear()
        assert message["payload"][0]["extensions"] == {"code": "NOT_ALLOWED"}


@pytest.mark.parametrize("role", ["viewer", "operator", "admin", "owner"])
async def test_who_has_a_role_is_answered(role: str, edge: Edge) -> None:
    """Reading is for all of them."""
    answer = await edge.ask("{ executions { nodes { arn } } viewer { roles usage { used } } }", KEYS[role])
    assert "errors" not in answer
    assert answer["data"]["viewer"]["roles"] == [role]


async def test_who_has_no_role_may_ask_who_it_is_and_nothing_beyond(edge: Edge) -> None:
    """Neither by the field beside it, nor by one below."""
    assert "errors" not in await edge.ask("{ viewer { id } __typename }", KEYS["nobody"])
    answer = await edge.ask("{ viewer { id usage { used } } }", KEYS["nobody"])
    assert answer["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}


async def test_an_alias_or_a_fragment_is_no_way_around(edge: Edge) -> None:
    """The field is what is asked, whatever it is called."""
    more = 'fragment more on Mutation { a: deleteBudget(budgetId: "x") }'
    hidden = f'mutation {{ viewer: removeWebhook(webhookId: "x") ...more }} {more}'
    answer = await edge.ask(hidden, KEYS["viewer"])
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}


async def test_an_equal_query_of_another_role_is_answered_apart(edge: Edge) -> None:
    """What an admin may read is not shared with who asks the same at the same moment."""
    one, other = await asyncio.gather(*(edge.ask("{ webhooks { url } }", KEYS[role]) for role in ("admin", "viewer")))
    assert "errors" not in one
    assert other["errors"][0]["extensions"] == {"code": "NOT_ALLOWED"}


def test_a_credential_is_an_admins_by_whichever_way_it_is_reached() -> None:
    """A scan of an account, which a viewer may read, leads to the credential that it used."""
    needed = {name: role for name, _, role in marked_fields(GRAPH)}
    assert needed["CloudScan.credential"] == needed["Query.credentials"] == Role.ADMIN
