"""What operations cost: measured before they are run, told in their answers, and limited."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import graphql
import pytest

from gateway.configuration.safety_settings import SafetySettings
from gateway.limits.plans import Plans
from schema.graph import build_graph
from tests.gateway.edge import ALICE, Edge, Served, connected, opened
from tests.gateway.limits.refused import chained, excesses

MOST = 50_000
ROOT = Path(__file__).parents[3]
SIZED = "query($n: Int, $ids: [ID!]! = []) { executions(first: $n) { nodes { arn } } nodes(ids: $ids) { id } }"


@pytest.fixture(scope="module")
def plans() -> Plans:
    """The plans of documents over the graph as it is."""
    return Plans(build_graph()._schema, SafetySettings(max_repeats=0))


def cost_of(plans: Plans, document: str, **variables: Any) -> float:
    plan = plans.plan(document, graphql.parse(document), is_developing=False)
    assert plan.errors == []
    return plan.cost(None, variables)


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ viewer { id name } }", 1),
        ("{ __typename }", 0),
        ("{ executions(first: 10) { totalCount } }", 1),
        ("{ executions(first: 10) { nodes { arn stage } } }", 1 + 10),
        ("{ executions(first: 10) { edges { cursor node { arn } } } }", 1 + 10 * 2),
        ("{ executions(first: 10) { nodes { arn } pageInfo { endCursor } } }", 1 + 10 + 1),
        ("{ executions(last: 7) { nodes { arn } } }", 1 + 7),
        ("{ executions(first: null, last: 7) { nodes { arn } } }", 1 + 7),
        ("{ executions(first: 9, last: 7) { nodes { arn } } }", 1 + 9),
        ("{ executions { nodes { rules { title technique { name } } } } }", 1 + 50 * (1 + 5 * (1 + 1))),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ resources { region } }", 500),
        ("{ a: viewer { id } b: viewer { id } }", 2),
        ("{ ...F ...F } fragment F on Query { viewer { id } }", 1),
        ("{ executions(first: 2) { ...P } } fragment P on ExecutionConnection { nodes { arn } }", 1 + 2),
        ('{ node(id: "x") { ... on Execution { rules { id } } ... on Threat { scans { id } } id } }', 1 + 5),
        (
            (
                "{ node(id: 1) { ... on PackageScan { threats { id } } ...S } } "
                "fragment S on Scan { ... on PackageScan { deploys { id } } }"
            ),
            1 + 2 * 5,
        ),
        (
            '{ executions(first: 10) { nodes { ... @defer { arn } ... @defer(label: "b") { stage } } } }',
            1 + 10 * (1 + 2),
        ),
        ('{ ...F @defer ...F @defer(label: "b") } fragment F on Query { viewer { id } }', 2 * (1 + 1)),
        ("mutation { checkBudgets { budgetsChecked } }", 10),
        ("subscription { executionUpdates { execution { arn } } }", 2),
        ("{ executions(first: 2147483647) { nodes { arn } } }", 1 + 1_000_000),
        ("{ executions(first: -5) { nodes { arn } } }", 1),
    ],
)
def test_an_object_weighs_one_for_each_time_it_may_be_there(document: str, cost: float, plans: Plans) -> None:
    """Values weigh nothing, a mutation ten, what is deferred one more.

    A list has the rows that are asked for, or those it is taken to have.
    """
    assert cost_of(plans, document) == cost


@pytest.mark.parametrize(
    ("variables", "cost"),
    [
        ({}, 1 + 50),
        ({"n": 3}, 1 + 3),
        ({"n": 3.0}, 1 + 3),
        ({"n": None}, 1 + 50),
        ({"n": "many"}, 1 + 50),
        ({"n": True}, 1 + 50),
        ({"n": float("inf")}, 1 + 50),
        ({"n": 3, "ids": ["a", "b"]}, 1 + 3 + 2),
        ({"n": 10**400}, 1 + 1_000_000),
    ],
)
def test_variables_that_size_a_list_count(variables: dict[str, Any], cost: float, plans: Plans) -> None:
    """What is no number is refused later, and counts as if it were not given."""
    assert cost_of(plans, SIZED, **variables) == cost
    assert cost_of(plans, SIZED, **variables) == cost, "the second time it is remembered"


def test_the_cost_is_remembered_for_sizes_alone(plans: Plans) -> None:
    """A variable that sizes no list makes no new cost, and a thousand sizes don't fill the memory."""
    document = "query($n: Int, $arn: String!) { executions(first: $n) { nodes { arn } } execution(arn: $arn) { arn } }"
    plan = plans.plan(document, graphql.parse(document), is_developing=False)
    for number in range(1000):
        assert plan.cost(None, {"n": number, "arn": str(number)}) == 1 + number + 1
    (kept,) = plan._costs.values()
    assert len(kept._known) <= 64
    kept._known.clear()
    for number in range(1000):
        plan.cost(None, {"n": 1, "arn": str(number)})
    assert len(kept._known) == 1


def test_fragments_that_multiply_are_counted_without_walking_them(plans: Plans) -> None:
    """Forty fragments make 2 to the 40 objects, which is told at once."""
    document = f"{{ ...F0 }} {chained(40, 'viewer { id }')}"
    assert cost_of(plans, document) == 2**40


def test_every_list_of_objects_says_its_size() -> None:
    """In the committed graph, too: a list without `@listSize` would count as one row."""
    printed = (ROOT / "schema/schema.graphql").read_text()
    kinds = graphql.build_schema(printed).type_map.values()
    objects = [kind for kind in kinds if isinstance(kind, graphql.GraphQLObjectType) and not kind.name.startswith("__")]
    for kind in objects:
        for name, field in kind.fields.items():
            is_list = isinstance(graphql.get_nullable_type(field.type), graphql.GraphQLList)
            if (
                is_list
                and graphql.is_composite_type(graphql.get_named_type(field.type))
                and "pageInfo" not in kind.fields
            ):
                assert field.ast_node is not None
                assert "listSize" in [directive.name.value for directive in field.ast_node.directives or ()], (
                    kind,
                    name,
                )


def test_every_connection_is_sized_by_what_is_asked_for() -> None:
    """Its rows are its edges and nodes."""
    printed = (ROOT / "schema/schema.graphql").read_text()
    connections = re.findall(r": \w+Connection!(.*)", printed)
    assert len(connections) > 3
    for directives in connections:
        assert 'slicingArguments: ["first"' in directives
        assert 'sizedFields: ["edges", "nodes"]' in directives


def test_every_example_of_the_playground_is_within_the_limit(plans: Plans) -> None:
    """By far: what a newcomer tries first must not be refused."""
    document = (ROOT / "console/src/examples.graphql").read_text()
    plan = plans.plan(None, graphql.parse(document, no_location=True), is_developing=False)
    for operation in graphql.parse(document).definitions:
        assert isinstance(operation, graphql.OperationDefinitionNode)
        assert operation.name is not None
        assert 0 < plan.cost(operation.name.value, {}) <= MOST / 10, operation.name.value


DEAR = (
    """{ regressions(first: 100) { nodes { deploy { packageScans { threats { scans { findings { rule } } } } } } } }"""
)


async def test_an_operation_that_multiplies_is_refused_before_it_is_run(edge: Edge) -> None:
    """A hundred rows of five rows of five rows: a short text, and an answer without end."""
    (error,) = await excesses(edge, DEAR, "cost")
    assert error["extensions"]["requested"] > MOST
    assert error["extensions"]["maximum"] == MOST
    assert "fewer rows" in error["message"]


async def test_a_variable_does_not_hide_what_an_operation_costs(edge: Edge) -> None:
    """The same document is run with a small number and refused with a large one, each time anew."""
    document = DEAR.replace("{ regressions(first: 100)", "query($n: Int!) { regressions(first: $n)", 1)
    for number, is_refused in ((1, False), (100, True), (1, False), (100.0, True)):
        assert bool(await excesses(edge, document, "cost", n=number)) is is_refused


async def test_it_is_refused_by_every_protocol(keyed: Edge, served_keyed: Served) -> None:
    """A socket, a stream of events and a batch are no way around."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.init()
        await socket.subscribe(DEAR)
        said = [(await socket.hear())["payload"]]
    async with keyed.client(ALICE) as client:
        streamed = await client.post("/graphql", json={"query": DEAR}, headers={"Accept": "text/event-stream"})
        batched = await client.post("/graphql", json=[{"query": DEAR}])
    for text in (*map(str, said), streamed.text, batched.text):
        assert "OPERATION_TOO_COMPLEX" in text


async def test_answers_tell_what_they_cost(tmp_path: Path) -> None:
    """In `extensions.cost`, with the limit; a refusal tells it in its error, and a stream once."""
    async with opened(tmp_path, tell_cost=True) as edge, edge.served() as served:
        answer = await edge.ask("{ executions(first: 10) { nodes { arn } } }")
        arn = await edge.begin()
        async with connected(served) as socket:
            await socket.init()
            await socket.subscribe(f'subscription {{ executionStatus(arn: "{arn}") {{ cursor execution {{ arn }} }} }}')
            first = (await socket.hear())["payload"]
            edge.cloudsigma.finish(arn)
            second = (await socket.hear())["payload"]
    assert answer["extensions"] == {"cost": {"requested": 11, "maximum": MOST}}
    assert first["extensions"] == {"cost": {"requested": 2, "maximum": MOST}}
    assert not second.get("extensions")


async def test_it_can_be_measured_without_being_limited(tmp_path: Path) -> None:
    """So that an operator sees what callers need before anything is refused."""
    async with opened(tmp_path, tell_cost=True, max_cost=0) as edge:
        answer = await edge.ask(DEAR)
        async with edge.client() as client:
            metrics = (await client.get("/metrics")).text
    assert answer["extensions"]["cost"]["requested"] > MOST
    assert answer["extensions"]["cost"]["maximum"] is None
    assert 'trigraph_operation_cost_bucket{le="+Inf",type="query"} 1.0' in metrics
    assert 'trigraph_operation_cost_bucket{le="50000.0",type="query"} 0.0' in metrics
