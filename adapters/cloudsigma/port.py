"""What the graph may ask of CloudSigma."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from adapters.cloudsigma.models import (
    Execution,
    ExecutionStatus,
    GenerateRequest,
    Output,
    Usage,
)
from adapters.events.watching import Observation
from adapters.health import ServiceHealth
from adapters.paging import Page, Window
from adapters.principal import Principal


class CloudSigma(Protocol):
    """The port: everything is seen as `principal` sees it; refusals and outages raise `adapters.errors`."""

    async def start(self) -> None:
        """Get ready: called once, before anything else."""

    async def close(self) -> None:
        """Let go of everything that start took."""

    async def health(self) -> ServiceHealth:
        """Say how the service is."""

    async def generate(self, principal: Principal, request: GenerateRequest) -> Execution:
        """Start an execution and answer with it, RUNNING."""

    async def executions(
        self, principal: Principal, window: Window, status: ExecutionStatus | None = None
    ) -> Page[Execution]:
        """List the principal's executions, newest first."""

    async def executions_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Execution | None]:
        """Give the executions named, in that order; None for one that is not there for this principal."""

    async def outputs_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Output | None]:
        """Give what the executions named produced, in that order; None where there is nothing (yet)."""

    async def usage(self, principal: Principal) -> Usage:
        """Say how much of the month's rules is used."""

    def watch(
        self, principal: Principal, after: str | None = None, arn: str | None = None
    ) -> AsyncIterator[Observation[Execution]]:
        """Yield the present state of one or all executions, then each change of it.

        With `after`, only what changed since that cursor. The stream on one `arn` ends after its terminal state and
        raises NotFound if there is no such execution, or no more. A slow reader gets the latest state.
        """
