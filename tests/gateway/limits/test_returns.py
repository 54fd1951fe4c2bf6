"""Documents that go round and round."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import excesses

RETURNS = 2


def circling(rounds: int) -> str:
    """From rules to techniques and back, round after round."""
    return "{ executions { nodes { " + "rules { technique { " * rounds + "name" + " } }" * rounds + " } } }"


async def test_a_field_may_be_come_back_to_a_few_times(edge: Edge) -> None:
    """Rules lead to techniques and these to rules: a few rounds over one large execution take seconds."""
    assert await edge.ask(circling(RETURNS)) == {"data": {"executions": {"nodes": []}}}
    errors = await excesses(edge, circling(RETURNS + 1), "returns")
    assert {error["message"].split("'")[1] for error in errors} == {"technique", "rules"}
    assert f"{RETURNS + 1} times: at most {RETURNS}" in errors[0]["message"]


async def test_a_fragment_hides_no_returns(edge: Edge) -> None:
    """Each round in a fragment is still a round."""
    rounds = "rules { technique { ...R } }"
    document = f"{{ executions {{ nodes {{ {rounds} }} }} }} fragment R on Ttp {{ rules {{ technique {{ ...S }} }} }}"
    assert await excesses(edge, document + " fragment S on Ttp { name }", "returns") == []
    assert await excesses(edge, document + " fragment S on Ttp { rules { title } }", "returns")


async def test_the_same_field_side_by_side_is_no_return(edge: Edge) -> None:
    """Only what multiplies counts: aliases of a field stand beside each other."""
    document = "{ " + " ".join(f"a{number}: executions {{ nodes {{ arn }} }}" for number in range(5)) + " }"
    assert len((await edge.ask(document))["data"]) == 5


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """One round may be enough."""
    async with opened(tmp_path, max_returns=1) as edge:
        assert await excesses(edge, circling(2), "returns")
        assert await excesses(edge, circling(1), "returns") == []
