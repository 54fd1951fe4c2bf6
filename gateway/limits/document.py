"""The limits on a document as part of its execution, and what it costs as part of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from strawberry.extensions import SchemaExtension

from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.configuration.safety_settings import SafetySettings
from gateway.limits.measure import too_complex
from gateway.limits.plans import Plans
from gateway.limits.tokens import limit_tokens
from gateway.observability.observed_operation import current_operation

MOST_TOLD = 10**12
"""Whatever costs more, costs as much as nobody has."""


def development(settings: SafetySettings) -> Callable[[Principal], bool]:
    """Say who develops: everyone or nobody as the settings say, else the local principal, who needs no key."""
    is_on = settings.development
    return lambda principal: principal.id == LOCAL_PRINCIPAL.id if is_on is None else is_on


class DocumentLimits(SchemaExtension):
    """Refuses a document that is beyond a limit, is not valid, or costs too much with its variables."""

    def __init__(self, settings: SafetySettings, plans: Plans, is_developing: Callable[[Principal], bool]) -> None:
        self._settings = settings
        self._plans = plans
        self._is_developing = is_developing
        self._cost: float | None = None

    def on_operation(self) -> Iterator[None]:
        """Tell the parser when to stop."""
        if self._settings.max_tokens:
            limit_tokens(self._settings.max_tokens, self.execution_context)
        yield

    def on_validate(self) -> Iterator[None]:
        """Hold the document against what is known of it, or find out."""
        context = self.execution_context
        assert context.graphql_document is not None  # noqa: S101 - what is not parsed is not validated
        is_developing = self._is_developing(context.context.principal)
        plan = self._plans.plan(context.query, context.graphql_document, is_developing=is_developing)
        context.pre_execution_errors = [*plan.errors]
        if not plan.errors:
            self._measure(plan.cost(context.operation_name, context.variables or {}))
        yield

    def get_results(self) -> dict[str, Any]:
        """Tell what it costs, with the first of several answers."""
        cost, self._cost = self._cost, None
        if cost is None or not self._settings.tell_cost:
            return {}
        return {"cost": {"requested": cost, "maximum": self._settings.max_cost or None}}

    def _measure(self, cost: float) -> None:
        cost = self._cost = min(int(cost) if cost.is_integer() else cost, MOST_TOLD)
        if (operation := current_operation.get()) is not None:
            operation.cost = cost
        most = self._settings.max_cost
        if most and cost > most:
            message = f"The operation costs {cost}: at most {most} is allowed, so ask for fewer rows or fields"
            self.execution_context.pre_execution_errors = [too_complex("cost", cost, most, message)]
