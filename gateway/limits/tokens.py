"""How long a document may be: validating one takes time that grows with the square of its tokens."""

from __future__ import annotations

from strawberry.types import ExecutionContext


def limit_tokens(most: int, context: ExecutionContext) -> None:
    """Have the parser stop at so many tokens."""
    context.parse_options["max_tokens"] = most
