"""What is said of an operation that is beyond a limit."""

from __future__ import annotations

from typing import Any

from tests.gateway.edge import Edge


async def excesses(edge: Edge, document: str, limit: str, **variables: Any) -> list[dict[str, Any]]:
    """Ask, and give what is said of one limit; whatever is said, it is by a code of its own and before any data."""
    answer = await edge.ask(document, **variables)
    found = []
    for error in answer.get("errors", []):
        extensions = error["extensions"]
        if extensions["code"] == "OPERATION_TOO_COMPLEX" and extensions["limit"] == limit:
            assert answer.get("data") is None
            assert f"{extensions['maximum']}" in error["message"]
            found.append(error)
    return found


def chained(fragments: int, selection: str, on: str = "Query") -> str:
    """Fragments of which each uses the next one twice, so that the last is met 2 to that power times."""
    chain = (f"fragment F{n} on {on} {{ ... {{ ...F{n + 1} }} ... {{ ...F{n + 1} }} }}" for n in range(fragments))
    return f"{' '.join(chain)} fragment F{fragments} on {on} {{ {selection} }}"
