"""Errors that would help who guesses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.edge import ALICE, Edge, Served, connected

GUESSES: list[tuple[str, dict[str, Any]]] = [
    ("{ execution { arm } }", {}),
    ("{ viewer { nam } }", {}),
    ('{ execution(an: "x") { arn } }', {}),
    ("{ executions(status: SUCCEDED) { totalCount } }", {}),
    ("query($s: ExecutionStats) { executions(status: $s) { totalCount } }", {}),
    ("query($s: ExecutionStatus) { executions(status: $s) { totalCount } }", {"s": "SUCCEDED"}),
    ("mutation($i: SubmitScanInput!) { submitScan(input: $i) { __typename } }", {"i": {"target": "x", "polcy": "y"}}),
    ("subscription($s: ExecutionStatus) { executionUpdates(status: $s) { cursor } }", {"s": "SUCCEDED"}),
]


@pytest.mark.parametrize(("guess", "variables"), GUESSES)
async def test_with_keys_no_error_suggests_a_name(
    guess: str, variables: dict[str, Any], keyed: Edge, served_keyed: Served
) -> None:
    """Neither of a field, an argument, a value, a type, nor in variables; by no protocol."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.init()
        await socket.subscribe(guess, **variables)
        heard = await socket.hear()
    said = [heard["payload"]]
    if not guess.startswith("subscription"):
        said.append((await keyed.ask(guess, ALICE, **variables))["errors"])
    for errors in said:
        assert errors
        assert "Did you mean" not in str(errors)


@pytest.mark.parametrize(("guess", "variables"), GUESSES[:-1])
async def test_who_develops_is_helped(guess: str, variables: dict[str, Any], edge: Edge) -> None:
    """The local principal is told what was meant."""
    assert "Did you mean" in str((await edge.ask(guess, **variables))["errors"])
