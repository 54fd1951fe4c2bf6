"""A port whose answers the recorder sees as they pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeVar, cast

from adapters.history.facts import Fact, cost_fact, execution_fact, regression_fact, scan_fact
from adapters.history.recorder import Recorder
from adapters.principal import NO_TOKENS, Principal
from adapters.services import Service

P = TypeVar("P")

WATCHING = "watch"


@dataclass(frozen=True)
class Seen:
    """What a method's answer shows: `rows` finds it there, `fact` says what is kept of each."""

    fact: Callable[[str, Any], Fact]
    rows: Callable[[Any], Iterable[Any]]


def _one(answer: Any) -> Iterable[Any]:
    return (answer,)


def _all(answer: Any) -> Iterable[Any]:
    return cast("Iterable[Any]", answer)


def _lists(answer: Any) -> Iterable[Any]:
    return chain.from_iterable(answer)


def _page(answer: Any) -> Iterable[Any]:
    return cast("Iterable[Any]", answer.nodes)


def _detection(answer: Any) -> Iterable[Any]:
    return cast("Iterable[Any]", answer.regressions)


SEEN: Mapping[Service, Mapping[str, Seen]] = MappingProxyType(
    {
        Service.CLOUDSIGMA: {
            "generate": Seen(execution_fact, _one),
            "executions": Seen(execution_fact, _page),
            "executions_by_arn": Seen(execution_fact, _all),
            "watch": Seen(execution_fact, _one),
        },
        Service.SIGIL: {
            "submit": Seen(scan_fact, _one),
            "scans": Seen(scan_fact, _page),
            "scans_by_id": Seen(scan_fact, _all),
            "scans_of_packages": Seen(scan_fact, _lists),
            "watch": Seen(scan_fact, _one),
        },
        Service.CLOUDLINK: {
            "costs": Seen(cost_fact, _lists),
            "detect_regressions": Seen(regression_fact, _detection),
            "regressions": Seen(regression_fact, _page),
            "regressions_by_id": Seen(regression_fact, _all),
            "regressions_of_deploys": Seen(regression_fact, _lists),
            "regressions_of_services": Seen(regression_fact, _lists),
            "acknowledge_regression": Seen(regression_fact, _one),
            "resolve_regression": Seen(regression_fact, _one),
            "watch_regressions": Seen(regression_fact, _one),
        },
    }
)
"""The methods whose answers hold what the history keeps; a stream shows a state at a time."""


class Recorded:
    """Hands every call on to a port. What a caller sees with a token of its own is not the tenant's, and not noted."""

    def __init__(self, port: Any, service: Service, recorder: Recorder) -> None:
        self._port = port
        self._service = service.value
        self._recorder = recorder
        for name, seen in SEEN[service].items():
            wrap = self._watching if name.startswith(WATCHING) else self._calling
            setattr(self, name, wrap(getattr(port, name), seen))
        if service is Service.CLOUDLINK:
            self.ingest_costs = self._ingest_costs

    def __getattr__(self, name: str) -> Any:
        """Give what is not recorded as the port has it."""
        return getattr(self._port, name)

    def _calling(self, method: Callable[..., Any], seen: Seen) -> Callable[..., Any]:
        async def call(principal: Principal, *given: Any, **named: Any) -> Any:
            answer = await method(principal, *given, **named)
            self._see(principal, seen.rows(answer), seen.fact)
            return answer

        return call

    def _watching(self, method: Callable[..., Any], seen: Seen) -> Callable[..., Any]:
        async def watch(principal: Principal, *given: Any, **named: Any) -> AsyncIterator[Any]:
            async with aclosing(method(principal, *given, **named)) as observations:
                async for observation in observations:
                    self._see(principal, (observation.state,), seen.fact)
                    yield observation

        return watch

    async def _ingest_costs(self, principal: Principal, records: Any) -> Any:
        """Note what is pushed in once it is taken, which names the provider."""
        taken = await self._port.ingest_costs(principal, records)
        self._see(principal, records, cost_fact)
        return taken

    def _see(self, principal: Principal, rows: Iterable[Any], fact: Callable[[str, Any], Fact]) -> None:
        if principal.tokens is NO_TOKENS or principal.tokens.of(self._service) is None:
            self._recorder.see(principal.tenant, rows, fact)


def recorded(port: P, service: Service, recorder: Recorder) -> P:
    """Let the recorder see what a port answers."""
    return cast("P", Recorded(port, service, recorder))
