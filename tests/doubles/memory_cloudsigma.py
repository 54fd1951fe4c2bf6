"""CloudSigma's port in memory: a double without pipeline, store or engine, whose executions a test moves by hand."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.cloudsigma.models import (
    Execution,
    ExecutionStatus,
    GenerateRequest,
    Output,
    OutputMetadata,
    Stage,
    Usage,
)
from adapters.durable import DurableWork
from adapters.events.feed import Change, InProcessChangeFeed
from adapters.events.watching import Observation, watch
from adapters.health import Health, ServiceHealth
from adapters.history.analytics import Analytics
from adapters.history.recorder import Recorder
from adapters.origins import Origins
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal
from adapters.services import Services
from adapters.store.database import Database, sqlite_url
from gateway.assembly import Assembly
from tests.doubles.limits import LIMIT
from tests.doubles.memory_cloudlink import MemoryCloudLink
from tests.doubles.memory_sigil import MemorySigil


class MemoryCloudSigma:
    """Keeps executions in a dict; see `port.CloudSigma`. It watches with the same code as the real adapters do.

    `calls` counts what the port was asked, `failure` is raised by `usage` and `generate`, and `health_now` is what
    health says.
    """

    def __init__(self) -> None:
        self.feed: InProcessChangeFeed[Execution] = InProcessChangeFeed()
        self.calls: Counter[str] = Counter()
        self.failure: Exception | None = None
        self.health_now = Health.UP
        self._kept: dict[str, Change[Execution]] = {}
        self._outputs: dict[str, Output] = {}
        self._versions = itertools.count(1)

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to stop."""

    async def health(self) -> ServiceHealth:
        return ServiceHealth(adapter="memory", health=self.health_now, limits=(LIMIT,))

    async def generate(self, principal: Principal, request: GenerateRequest) -> Execution:
        """Keep an execution that stays RUNNING until `advance` or `finish` is called."""
        self.calls["generate"] += 1
        if self.failure is not None:
            raise self.failure
        number = len(self._kept) + 1
        execution = Execution(
            arn=f"arn:memory:{number}",
            status=ExecutionStatus.RUNNING,
            started_at=datetime(2026, 1, 1, 12, 0, number % 60, tzinfo=UTC),
            input_type=request.input_type,
            stage=Stage.INGEST,
            progress=0.0,
        )
        self._tell(principal.id, execution)
        return execution

    def advance(self, arn: str, stage: Stage) -> None:
        """Move an execution on to a stage."""
        known = self._kept[arn]
        progress = round(list(Stage).index(stage) / len(Stage), 3)
        self._tell(known.audience, msgspec.structs.replace(known.state, stage=stage, progress=progress))

    def finish(self, arn: str, output: Output | None = None) -> None:
        """End an execution, with its output, or FAILED without one."""
        known = self._kept[arn]
        status, error = ExecutionStatus.SUCCEEDED, None
        if output is None:
            status, error = ExecutionStatus.FAILED, "PipelineFailed: it was told to fail"
        else:
            self._outputs[arn] = output
        stopped = datetime.now(UTC)
        self._tell(known.audience, msgspec.structs.replace(known.state, status=status, error=error, stopped_at=stopped))

    async def executions(
        self, principal: Principal, window: Window, status: ExecutionStatus | None = None
    ) -> Page[Execution]:
        self.calls["executions"] += 1
        mine = [change.state for change in self._of(principal.id) if status in (None, change.state.status)]
        return page_of(mine, _position, window, total=len(mine))

    async def executions_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Execution | None]:
        self.calls["executions_by_arn"] += 1
        mine = {change.key: change.state for change in self._of(principal.id)}
        return [mine.get(arn) for arn in arns]

    async def outputs_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Output | None]:
        self.calls["outputs_by_arn"] += 1
        mine = {change.key for change in self._of(principal.id)}
        return [self._outputs.get(arn) if arn in mine else None for arn in arns]

    async def usage(self, principal: Principal) -> Usage:
        if self.failure is not None:
            raise self.failure
        tier = principal.tier or "enterprise"
        return Usage(used=0, limit=-1, tier=tier, period_start=datetime(2026, 1, 1, tzinfo=UTC))

    def watch(
        self, principal: Principal, after: str | None = None, arn: str | None = None
    ) -> AsyncIterator[Observation[Execution]]:
        return watch(self, self.feed, principal.id, after=after, key=arn)

    async def changed_since(self, owner: str, version: int, arn: str | None = None) -> list[Change[Execution]]:
        """Give what `watching.KnownExecutions` promises."""
        self.calls["changed_since"] += 1
        return [change for change in self._of(owner) if change.version > version and arn in (None, change.key)]

    async def recent(self, owner: str, count: int) -> list[Change[Execution]]:
        """Give what `watching.KnownExecutions` promises."""
        self.calls["recent"] += 1
        return self._of(owner)[-count:]

    @property
    def watchers(self) -> int:
        """How many mailboxes are open."""
        return sum(len(mailboxes) for mailboxes in self.feed.mailboxes.values())

    def _of(self, owner: str) -> list[Change[Execution]]:
        mine = (change for change in self._kept.values() if change.audience == owner)
        return sorted(mine, key=lambda change: change.version)

    def _tell(self, owner: str, execution: Execution) -> None:
        change = Change(
            audience=owner, key=execution.arn, version=next(self._versions), at=datetime.now(UTC), state=execution
        )
        self._kept[execution.arn] = change
        self.feed.deliver(change)


def memory_assembly(
    cloudsigma: MemoryCloudSigma,
    folder: Path,
    sigil: MemorySigil | None = None,
    cloudlink: MemoryCloudLink | None = None,
) -> Assembly:
    """Build an assembly around the doubles, with a real store in `folder` and no durable work to begin."""
    database = Database(sqlite_url(folder))
    return Assembly(
        database=database,
        durable=DurableWork(f"sqlite:///{folder / 'workflows.sqlite3'}", "tests"),
        services=Services(
            cloudsigma=cloudsigma,
            sigil=sigil or MemorySigil(),
            cloudlink=cloudlink or MemoryCloudLink(),
            analytics=Analytics(database, Recorder(database)),
            origins=Origins(database),
        ),
    )


def finished_output() -> Output:
    """Give an output with nothing but its figures."""
    return Output(metadata=OutputMetadata(rules_generated=0))


def _position(execution: Execution) -> Position:
    return Position(execution.started_at, execution.arn)
