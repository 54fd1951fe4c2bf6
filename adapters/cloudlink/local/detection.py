"""Looking for regressions: every deploy that is not judged yet is, by the costs of its service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.deploys import DeployMoment, DeployRecords
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.regression.judgement import CLEAN, Judgement
from adapters.cloudlink.local.regressions import RegressionRecords
from adapters.cloudlink.local.series import CostSeries
from adapters.cloudlink.models import Detection, Regression
from adapters.events.feed import ChangeFeed
from adapters.store.database import Database
from adapters.workers import Workers

SERVICES_AT_ONCE = 25
BEFORE = timedelta(hours=1000)
AFTER = timedelta(hours=200)
"""What is read before the first and after the last deploy: more than the engine looks at."""


class Question(msgspec.Struct, frozen=True):
    """A service's deploys to be judged, among the moments of all its deploys.

    `series` are its hours around them, None where none is known, and `last_hour` is the number of its last known one.
    """

    series: CostSeries | None
    last_hour: int
    asked: Sequence[DeployMoment]
    moments: Sequence[datetime]


class Detector:
    """Judges deploys in `workers` and opens what it finds; two at once find everything once."""

    def __init__(
        self,
        database: Database,
        feed: ChangeFeed[Regression],
        deploys: DeployRecords,
        regressions: RegressionRecords,
        costs: CostRecords,
        workers: Workers,
    ) -> None:
        self._database = database
        self._feed = feed
        self._deploys = deploys
        self._regressions = regressions
        self._costs = costs
        self._workers = workers

    async def detect(self, tenant: str, actor: str) -> Detection:
        """Judge what is not judged yet, as far as costs are known; `actor` is named in the audit trail."""
        now = datetime.now(UTC)
        opened: list[Regression] = []
        analyzed = 0
        for batch in _batches(await self._deploys.unjudged(tenant, now)):
            questions = await self._questions(tenant, batch, now)
            answers = await self._workers.run(judged_in_worker, questions, now)
            found = await self._open(tenant, actor, answers)
            opened += found
            analyzed += len(found) + await self._remember(tenant, answers)
        return Detection(regressions_detected=len(opened), deploys_analyzed=analyzed, regressions=tuple(opened))

    async def _questions(self, tenant: str, batch: Sequence[DeployMoment], now: datetime) -> list[Question]:
        asked: dict[str, list[DeployMoment]] = {}
        for deploy in batch:
            asked.setdefault(deploy.service, []).append(deploy)
        since = min(deploy.deployed_at for deploy in batch) - BEFORE
        until = max(deploy.deployed_at for deploy in batch) + AFTER
        moments = await self._deploys.moments(tenant, list(asked), since, until)
        end_hour = min(hour_number(until), hour_number(now))
        series = await self._costs.series(tenant, list(asked), hour_number(since), end_hour)
        last_hours = await self._costs.last_hours(tenant, list(asked))
        return [Question(series.get(name), last_hours[name], asked[name], moments[name]) for name in asked]

    async def _open(
        self, tenant: str, actor: str, answers: Sequence[tuple[DeployMoment, Judgement]]
    ) -> list[Regression]:
        """Open the regressions that were found, each in a transaction of its own, unless somebody else has."""
        opened = []
        for deploy, judgement in answers:
            if not judgement.regressed:
                continue
            async with self._feed.write(self._database) as writing:
                if await self._deploys.mark_judged(writing.connection, tenant, [deploy.id]):
                    found = await self._regressions.open(writing, tenant, actor, deploy.id, deploy.service, judgement)
                    opened.append(found)
        return opened

    async def _remember(self, tenant: str, answers: Sequence[tuple[DeployMoment, Judgement]]) -> int:
        """Mark the deploys that were found to be clean; say how many were not marked before."""
        clean = [deploy.id for deploy, judgement in answers if not judgement.regressed]
        if not clean:
            return 0
        async with self._database.write() as connection:
            return await self._deploys.mark_judged(connection, tenant, clean)


def judged_in_worker(questions: Sequence[Question], now: datetime) -> list[tuple[DeployMoment, Judgement]]:
    """Judge deploys, with imports that only a worker makes; those that can't be judged yet are left out."""
    judged = []
    for question in questions:
        for deploy in question.asked:
            judgement = _judgement(question, deploy, now)
            if judgement is not None:
                judged.append((deploy, judgement))
    return judged


def _judgement(question: Question, deploy: DeployMoment, now: datetime) -> Judgement | None:
    from adapters.cloudlink.local.regression.judging import GIVEN_UP_HOURS, judge

    others = [moment for moment in question.moments if moment != deploy.deployed_at]
    judgement = judge(question.series, deploy.deployed_at, others, now) if question.series is not None else None
    # The series ends with what was read of it: where nothing near is known, costs may still have run on.
    given_up = question.last_hour > hour_number(deploy.deployed_at) + GIVEN_UP_HOURS
    return CLEAN if judgement is None and given_up else judgement


def _batches(deploys: Sequence[DeployMoment]) -> Iterator[list[DeployMoment]]:
    """Group the deploys by services, so many services at once, those that were deployed together together."""
    services: dict[str, list[DeployMoment]] = {}
    for deploy in deploys:
        services.setdefault(deploy.service, []).append(deploy)
    groups = list(services.values())
    for start in range(0, len(groups), SERVICES_AT_ONCE):
        yield [deploy for group in groups[start : start + SERVICES_AT_ONCE] for deploy in group]
