"""How a document's selections are added up: a fragment once, however often it is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

T = TypeVar("T")

TOO_COMPLEX = "OPERATION_TOO_COMPLEX"


class Fragments(dict[str, FragmentDefinitionNode]):
    """A document's fragments by their names, and what is known of them by each measure, for all its operations."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
        super().__init__((definition.name.value, definition) for definition in definitions)
        self.known = defaultdict[type, dict[str, Any]](dict)


Check = Callable[[OperationDefinitionNode, Fragments], Iterable[GraphQLError]]
"""Looks at an operation of a document, which need not be valid, and gives what is wrong with it."""


def distinct(selections: SelectionSetNode | None) -> Iterator[SelectionNode]:
    """Give a selection's parts; a fragment that is spread in it twice is executed once, unless it is deferred."""
    spread: set[str] = set()
    for node in selections.selections if selections is not None else ():
        if isinstance(node, FragmentSpreadNode) and not is_deferred(node):
            if node.name.value in spread:
                continue
            spread.add(node.name.value)
        yield node


def is_deferred(node: SelectionNode) -> bool:
    """Say whether a fragment may come later than what surrounds it."""
    return any(directive.name.value == "defer" for directive in node.directives or ())


def too_complex(limit: str, requested: float, most: float, message: str, node: Node | None = None) -> GraphQLError:
    """Give the error of an operation that is beyond a limit."""
    extensions = {"code": TOO_COMPLEX, "limit": limit, "requested": requested, "maximum": most}
    return GraphQLError(message, node, extensions=extensions)


class Measure(ABC, Generic[T]):
    """Measures selections."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._known: dict[str, T] = fragments.known[type(self)]

    @abstractmethod
    def of_field(self, node: FieldNode) -> T:
        """Measure a field, with what is selected below it."""

    @abstractmethod
    def together(self, parts: Iterable[T]) -> T:
        """Put together what stands side by side, which may be nothing."""

    def of(self, selections: SelectionSetNode | None) -> T:
        """Measure a selection."""
        return self.together(self.of_selection(node) for node in distinct(selections))

    def of_selection(self, node: SelectionNode) -> T:
        """Measure a part of a selection."""
        match node:
            case FieldNode():
                return self.of_field(node)
            case FragmentSpreadNode():
                return self._of_fragment(node.name.value)
            case InlineFragmentNode():
                return self.of(node.selection_set)
        return self.together(())

    def _of_fragment(self, name: str) -> T:
        if name not in self._known:
            self._known[name] = self.together(())  # where it leads to itself, which is refused elsewhere
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._known[name] = self.of(fragment.selection_set)
        return self._known[name]
