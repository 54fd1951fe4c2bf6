"""What is being scanned, step by step, on the terminal; elsewhere a line for each scan that has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from adapters.sigil.models import Scan
from gateway.commands.harmless import harmless
from gateway.commands.local_scan import STEPS, Told
from gateway.commands.scan_words import verdict_text


class ScanProgress:
    """Shows running scans; those that have ended become a line each."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, target: str) -> Told:
        """Show a scan, and give what is to be told of its steps."""
        task = self._progress.add_task(harmless(target), total=len(STEPS), step=STEPS[0])
        self._tasks[target] = task
        left = list(STEPS)

        def told(step: str) -> None:
            left.remove(step)
            self._progress.update(task, advance=1, step=left[0] if left else "")

        return told

    def refresh(self) -> None:
        """Show at once what was told."""
        self._progress.refresh()

    def end(self, target: str, scan: Scan) -> None:
        """Put a line in the place of a scan that has ended."""
        self._progress.remove_task(self._tasks.pop(target))
        seconds = f"  {(scan.duration_ms or 0) / 1000:.1f} s"
        line = Text.assemble(Text(harmless(scan.target)), "  ", verdict_text(scan), (seconds, "dim"))
        self._progress.console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def shown_progress(console: Console) -> Iterator[ScanProgress]:
    """Show scans while they run."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[step]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield ScanProgress(progress)
