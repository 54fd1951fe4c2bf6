"""What is known of a document before it is run, and kept for when it comes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    get_operation_ast,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.configuration.safety_settings import SafetySettings
from gateway.execution.known_documents import LONGEST_KEPT, KnownDocuments
from gateway.limits.checks import checks
from gateway.limits.cost import OperationCost
from gateway.limits.measure import Check, Fragments, too_complex
from gateway.limits.prices import Prices, prices_of

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


class Plan:
    """A document, what is wrong with it, and what its operations cost if nothing is."""

    def __init__(
        self, graph: GraphQLSchema, prices: Prices, document: DocumentNode, errors: list[GraphQLError]
    ) -> None:
        self.errors = errors
        self._graph = graph
        self._prices = prices
        self._document = document
        self._costs: dict[str | None, OperationCost] = {}

    def cost(self, operation_name: str | None, variables: Mapping[str, Any]) -> float:
        """Say what an operation costs with these variables; there must be such an operation, and no errors."""
        if (cost := self._costs.get(operation_name)) is None:
            operation = get_operation_ast(self._document, operation_name)
            assert operation is not None  # noqa: S101 - an operation without a definition is not validated
            root = self._graph.get_root_type(operation.operation)
            assert root is not None  # noqa: S101 - likewise
            cost = OperationCost(self._prices, operation, Fragments(self._document), root.name)
            self._costs[operation_name] = cost
        return cost.of(variables)


class Plans:
    """The plans of the documents that came last; those who develop have others, as they see more."""

    def __init__(self, graph: GraphQLSchema, settings: SafetySettings) -> None:
        self._graph = graph
        self._prices = prices_of(graph)
        self._checks = {is_it: checks(settings, is_developing=is_it) for is_it in (False, True)}
        self._known: KnownDocuments[tuple[str, bool], Plan] = KnownDocuments()

    def plan(self, text: str | None, document: DocumentNode, *, is_developing: bool) -> Plan:
        """Give the plan of a document that has this text; what has none, or a long one, is not kept."""
        if not text or len(text) > LONGEST_KEPT:
            return self._planned(document, is_developing=is_developing)
        key = text, is_developing
        if (plan := self._known.find(key)) is not None:
            return plan
        return self._known.keep(key, self._planned(document, is_developing=is_developing), document)

    def _planned(self, document: DocumentNode, *, is_developing: bool) -> Plan:
        errors = excesses(document, self._checks[is_developing]) or validate(
            self._graph, document, RULES, hide_suggestions=not is_developing
        )
        return Plan(self._graph, self._prices, document, [_readable(error) for error in errors])


def excesses(document: DocumentNode, checks: Sequence[Check]) -> list[GraphQLError]:
    """Hold a document against the limits before it is validated, which takes longer than all of them."""
    fragments = Fragments(document)
    operations = [definition for definition in document.definitions if isinstance(definition, OperationDefinitionNode)]
    try:
        return [error for operation in operations for check in checks for error in check(operation, fragments)]
    except RecursionError:
        return [_endless(fragments)]


def _readable(error: GraphQLError) -> GraphQLError:
    """Say what is wrong with a number that Python itself refuses to read."""
    if isinstance(error.original_error, ValueError) and any(
        isinstance(node, IntValueNode) for node in error.nodes or ()
    ):
        return GraphQLError("A number has more digits than can be read: give a smaller one", error.nodes)
    return error


def _endless(fragments: Fragments) -> GraphQLError:
    return too_complex("depth", len(fragments), 0, "Fragments are nested too deeply in each other")
