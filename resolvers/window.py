"""Which rows a connection is asked for: the four arguments of the Relay specification, and whether a total is."""

from __future__ import annotations

from typing import Annotated, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry import argument
from strawberry.types.nodes import get_variable_values

from adapters.paging import Window, page_size, position_of
from resolvers.context import Info

First = Annotated[
    int | None, argument(description="How many from the front, 0 to 100; with `last` the default does not count.")
]
After = Annotated[str | None, argument(description="Only those behind this cursor: the endCursor of the page before.")]
Last = Annotated[int | None, argument(description="How many from the end, 0 to 100.")]
Before = Annotated[
    str | None, argument(description="Only those in front of this cursor: the startCursor of the page behind.")
]


def window_of(
    info: Info, default: int, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> Window:
    """Check the arguments of a connection, `default` rows if it asks for no number; raises InvalidInput.

    The default of `first` does not count where there is a `last`.
    """
    asked = info._raw_info  # noqa: SLF001 - Strawberry shows neither which arguments were given nor what is selected, unexpanded
    if last is not None and not _is_given(asked, "first"):
        first = None
    if last is None:
        first = page_size(first, default)
    return Window(
        first=first if first is None else page_size(first),
        after=position_of(after, "after") if after is not None else None,
        last=last if last is None else page_size(last, field="last"),
        before=position_of(before, "before") if before is not None else None,
        counted=_is_selected(asked, "totalCount"),
    )


def _is_given(asked: GraphQLResolveInfo[Any], name: str) -> bool:
    variables = get_variable_values(asked)
    values = [argument.value for argument in asked.field_nodes[0].arguments or () if argument.name.value == name]
    return any(not isinstance(value, VariableNode) or value.name.value in variables for value in values)


def _is_selected(asked: GraphQLResolveInfo[Any], name: str) -> bool:
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in asked.field_nodes]
    spread: set[str] = set()
    while waiting:
        selected = waiting.pop()
        for node in selected.selections if selected is not None else ():
            if isinstance(node, FieldNode) and node.name.value == name:
                return True
            if isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            if isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                waiting.append(asked.fragments[node.name.value].selection_set)
    return False
