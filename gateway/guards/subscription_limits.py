"""The limits on subscriptions that are open at once, of each caller and of all, whichever protocol carries them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from adapters.errors import LimitExceeded
from adapters.principal import Principal


class OpenThings:
    """Counts what is open, by who holds it; `what` names it in the plural. Who has no tier is limited by the total."""

    def __init__(self, what: str, per_principal: int, total: int) -> None:
        self._what = what
        self._per_principal = per_principal
        self._total = total
        self._held: Counter[tuple[str, str]] = Counter()

    def take(self, principal: Principal) -> None:
        """Count one more; raises LimitExceeded."""
        held = self._held[_holder(principal)]
        if held >= self._per_principal and principal.tier is not None:
            message = f"You have {held} {self._what} open, as many as a caller may: end one first"
            raise LimitExceeded("TOO_MANY_OPEN", message, self._per_principal)
        if self._held.total() >= self._total:
            raise LimitExceeded("TOO_MANY_OPEN", f"There are as many {self._what} open as can be: come back later")
        self._held[_holder(principal)] += 1

    def give_back(self, principal: Principal) -> None:
        """Count one less."""
        self._held[_holder(principal)] -= 1
        if not self._held[_holder(principal)]:
            del self._held[_holder(principal)]


class LimitedSubscriptions(SchemaExtension):
    """Refuses a subscription where the caller, or everyone together, has as many as may be."""

    def __init__(self, subscriptions: OpenThings) -> None:
        self._subscriptions = subscriptions
        self._holder: Principal | None = None

    def on_operation(self) -> Iterator[None]:
        """Give the place back when the subscription ends, however it does."""
        try:
            yield
        finally:
            if self._holder is not None:
                self._subscriptions.give_back(self._holder)

    def on_execute(self) -> Iterator[None]:
        """Take a place; raises LimitExceeded."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            principal = self.execution_context.context.principal
            self._subscriptions.take(principal)
            self._holder = principal
        yield


def _holder(principal: Principal) -> tuple[str, str]:
    return principal.tenant, principal.id
