"""`trigraph detect`: the pipeline run here, shown as it goes, its rules written to a folder."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.pipeline import open_pipeline
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.local.worker import EngineSettings
from adapters.cloudsigma.models import GenerateRequest, Output, Rule, Stage
from adapters.cloudsigma.validation import validated
from adapters.errors import InvalidInput
from adapters.workers import Workers
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.commands.report_file import read_report
from gateway.configuration.settings import Settings

T = TypeVar("T")

FILE_CHARACTERS = 250_000
"""How long a report in a file may be: as long as one that is fetched."""

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z", re.IGNORECASE)


async def detect(
    settings: Settings,
    report: str,
    folder: Path,
    *,
    platforms: Sequence[str] | None,
    siems: Sequence[str] | None,
    include_ioc_rules: bool,
    force: bool,
) -> None:
    """Generate rules from a file, an address or a CVE id; raises CommandFailed."""
    console = output_console(stderr=True)
    options = {"platforms": platforms, "siems": siems, "include_ioc_rules": include_ioc_rules, "force": force}
    try:
        request = validated(**_input(report), **options, longest_text=FILE_CHARACTERS)  # type: ignore[arg-type] # checked there
        _make(folder)
        output = await _run(settings, request, console)
    except (InvalidInput, PipelineFailure) as error:
        raise CommandFailed(f"{error.code}: {error.message}") from None
    written = write_rules(output, folder)
    _summarise(output, written, folder, console)


def _input(report: str) -> dict[str, str]:
    if report.startswith(("http://", "https://")):
        return {"url": report}
    if _CVE.match(report):
        return {"cve_id": report.upper()}
    return {"text": read_report(Path(report))}


async def _run(settings: Settings, request: GenerateRequest, console: Console) -> Output:
    settings.prepare_folders()
    opening = open_pipeline(
        Workers(1),
        EngineSettings(cache_dir=settings.engine_cache, attack_bundle=settings.attack_bundle),
        Nvd(base=settings.nvd_url, api_key=settings.nvd_api_key.get_secret_value() or None),
        settings.allowed_hosts,
    )
    columns = (SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        shown = progress.add_task("prepare", total=len(Stage))

        async def run_stage(stage: Stage, result: type[T], function: Callable[[], Awaitable[T]]) -> T:  # noqa: ARG001 - the protocol's
            progress.update(shown, description=stage.value)
            done = await function()
            progress.advance(shown)
            return done

        async with opening as pipeline:
            output = await pipeline.run(request, run_stage)
        progress.update(shown, description="done")
    return output


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(f"rules can't go to {folder} ({error.strerror}): name a folder by --output") from None


def write_rules(output: Output, folder: Path) -> list[Path]:
    """Write each rule as `PLATFORM/TITLE.yml`, its queries beside it by SIEM, and the whole output as JSON."""
    _make(folder)
    written = []
    for rule in output.rules:
        path = folder / (rule.platform or "any") / f"{_file_name(rule)}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(rule.sigma, encoding="utf-8")
        for siem, query in rule.queries.items():
            path.with_suffix(f".{siem}.txt").write_text(query, encoding="utf-8")
        written.append(path)
    pretty = msgspec.json.format(msgspec.json.encode(output), indent=2)
    (folder / "output.json").write_bytes(pretty)
    return written


def _file_name(rule: Rule) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", rule.title.lower()).strip("_")[:80]
    return f"{words}_{rule.id[:8]}"


def _summarise(output: Output, written: Sequence[Path], folder: Path, console: Console) -> None:
    table = Table(title="Techniques", title_justify="left")
    for heading in ("id", "name", "tactic", "confidence", "rules"):
        table.add_column(heading, justify="right" if heading == "rules" else "left")
    for ttp in output.ttps:
        count = sum(rule.technique_id == ttp.technique_id for rule in output.rules)
        row = (ttp.technique_id, ttp.name, ttp.tactic, ttp.confidence, str(count))
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    for notice in output.pipeline_notices:
        console.print(Text.assemble((notice.severity, "yellow"), f" {notice.code}: {notice.message}"))
    seconds = output.metadata.processing_time_ms / 1000
    console.print(
        f"{_counted(len(written), 'rule')} from {_counted(len(output.ttps), 'technique')} "
        f"and {_counted(len(output.iocs), 'indicator')} "
        f"in {seconds:.1f} s, in {folder}/",
        markup=False,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
