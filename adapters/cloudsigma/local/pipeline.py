"""The seven stages in their order, over one request."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from adapters.cloudsigma.local import worker
from adapters.cloudsigma.local.material import Classification, Extraction, Report, RuleSet, Selection
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.local.stages.ingest import Sources, ingest, open_sources
from adapters.cloudsigma.models import GenerateRequest, Output, OutputMetadata, Stage
from adapters.workers import Workers

T = TypeVar("T")


class RunStage(Protocol):
    """How a stage is run: durably within a workflow, or plainly, with whatever display goes with it."""

    async def __call__(self, stage: Stage, result: type[T], function: Callable[[], Awaitable[T]]) -> T:
        """Run `function`, which gives a `result`, as the stage named."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What the stages need: where to fetch from, who computes, and the engine's settings."""

    sources: Sources
    workers: Workers
    settings: worker.EngineSettings

    async def warm(self) -> None:
        """Load what the stages know into every worker; the first time ever builds the technique model."""
        await self.workers.run(worker.warm, self.settings)
        await self.workers.warm(worker.warm, self.settings)

    async def run(self, request: GenerateRequest, run_stage: RunStage, *, watermark: bool = False) -> Output:
        """Take a request through all stages; raises PipelineFailure where the input can't be had."""
        began = time.monotonic()
        run, settings = self.workers.run, self.settings
        report = await run_stage(Stage.INGEST, Report, lambda: ingest(request, self.sources))
        classification = await run_stage(Stage.CLASSIFY, Classification, lambda: run(worker.classify_report, report))

        async def extract() -> Extraction:
            if classification.is_threat_intelligence or request.force:
                return await run(worker.extract_report, settings, report)
            return Extraction()

        extraction = await run_stage(Stage.EXTRACT, Extraction, extract)
        selection = await run_stage(
            Stage.FILTER, Selection, lambda: run(worker.filter_extraction, settings, extraction, request)
        )
        drafts = await run_stage(
            Stage.GENERATE, RuleSet, lambda: run(worker.generate_rules, settings, selection, request, watermark)
        )
        valid = await run_stage(Stage.VALIDATE, RuleSet, lambda: run(worker.validate_rules, settings, drafts))
        rules = await run_stage(Stage.CONVERT, RuleSet, lambda: run(worker.convert_rules, valid, request))
        steps = (report, classification, extraction, selection, drafts, valid, rules)
        return _output(request, extraction, selection, steps, round((time.monotonic() - began) * 1000))


@asynccontextmanager
async def open_pipeline(
    workers: Workers, settings: worker.EngineSettings, nvd: Nvd, fetch_allowed: frozenset[str]
) -> AsyncIterator[Pipeline]:
    """Open what the stages fetch with, and close it; `fetch_allowed` names private `host:port` that may be reached."""
    async with open_sources(nvd, run=workers.run, allowed=fetch_allowed) as sources:
        yield Pipeline(sources=sources, workers=workers, settings=settings)


def _output(
    request: GenerateRequest,
    extraction: Extraction,
    selection: Selection,
    stages: Sequence[Report | Classification | Extraction | Selection | RuleSet],
    processing_time_ms: int,
) -> Output:
    rule_sets = [stage for stage in stages if isinstance(stage, RuleSet)]
    rules = rule_sets[-1].rules
    gaps = [*selection.gaps, *(gap for stage in rule_sets for gap in stage.gaps)]
    notices = (notice for stage in stages for notice in stage.notices)
    return Output(
        rules=rules,
        ttps=tuple(finding.ttp for finding in extraction.techniques),
        iocs=extraction.iocs,
        detection_gaps=tuple(dict.fromkeys(gaps)),
        pipeline_notices=tuple(dict.fromkeys(notices)),
        metadata=OutputMetadata(
            input_type=request.input_type,
            rules_generated=len(rules),
            ttps_extracted=len(extraction.techniques),
            platforms_targeted=len(request.platforms),
            processing_time_ms=processing_time_ms,
        ),
    )
