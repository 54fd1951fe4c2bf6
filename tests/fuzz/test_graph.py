"""What the graph answers to whatever it allows."""

from __future__ import annotations

from tests.fuzz.conftest import Fuzzed


async def test_the_graph_answers_every_operation_with_documented_errors(fuzzed: Fuzzed) -> None:
    """No fault of the gateway, no internals, and of codes only those that docs/errors.md explains."""
    own_check_instead = ("--exclude-checks", "not_a_server_error")  # it takes any error without data for a fault
    await fuzzed.fuzz("gateway/graphql", *own_check_instead)
