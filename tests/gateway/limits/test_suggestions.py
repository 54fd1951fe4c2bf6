"""Errors that would help who guesses."""

from __future__ import annotations

from typing import Any

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


async def test_with_keys_no_error_suggests_a_name(keyed: Edge, served_keyed: Served) -> None:
    """Neither of a field, an argument, a value, a type, nor in variables; by no protocol."""
    said = []
    async with connected(served_keyed, ALICE) as socket:
        await socket.init()
        for number, (guess, variables) in enumerate(GUESSES):
            await socket.subscribe(guess, str(number), **variables)
            heard = await socket.hear()
            said.append(heard["payload"] if heard["type"] == "error" else heard["payload"]["errors"])
            if heard["type"] == "next":
                assert (await socket.hear())["type"] == "complete"
    for guess, variables in GUESSES[:-1]:
        said.append((await keyed.ask(guess, ALICE, **variables))["errors"])
    for errors in said:
        assert errors
        assert "Did you mean" not in str(errors)


async def test_who_develops_is_helped(edge: Edge) -> None:
    """The local principal is told what was meant."""
    for guess, variables in GUESSES[:-1]:
        assert "Did you mean" in str((await edge.ask(guess, **variables))["errors"]), guess
