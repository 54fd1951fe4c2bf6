"""The limits on an operation's document: how long it is, and how deep."""

from __future__ import annotations

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import AddValidationRules, MaxTokensLimiter

TOKENS = 2_000
DEPTH = 12


class DocumentLength(MaxTokensLimiter):
    """Refuses a document of more than 2,000 tokens, as validating one takes time that grows with their square."""

    def __init__(self) -> None:
        super().__init__(TOKENS)


class DocumentDepth(AddValidationRules):
    """Refuses fields nested deeper than 12 levels, as rules and techniques lead to each other without end.

    Strawberry's own limiter walks a fragment again for each use of it, which a short document makes endless.
    """

    def __init__(self) -> None:
        super().__init__([DepthRule])


class DepthRule(ValidationRule):
    """Measures each operation, every fragment once; introspection counts for nothing."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._depth_of_fragment: dict[str, int] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Report an operation that is too deep."""
        depth = self._depth(node.selection_set)
        if depth > DEPTH:
            message = f"Fields are nested {depth} levels deep: at most {DEPTH} are allowed"
            self.report_error(GraphQLError(message, node))

    def _depth(self, selections: SelectionSetNode | None) -> int:
        return max(map(self._depth_of, selections.selections), default=0) if selections is not None else 0

    def _depth_of(self, node: SelectionNode) -> int:
        match node:
            case FieldNode():
                return 0 if node.name.value.startswith("__") else 1 + self._depth(node.selection_set)
            case FragmentSpreadNode():
                return self._fragment_depth(node.name.value)
            case InlineFragmentNode():
                return self._depth(node.selection_set)
        return 0

    def _fragment_depth(self, name: str) -> int:
        if name not in self._depth_of_fragment:
            self._depth_of_fragment[name] = 0  # for a fragment that leads to itself, which another rule refuses
            fragment = self.context.get_fragment(name)
            if fragment is not None:
                self._depth_of_fragment[name] = self._depth(fragment.selection_set)
        return self._depth_of_fragment[name]
