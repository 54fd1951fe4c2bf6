"""Servers of the benchmarks' own, each a script in a process of its own that says first where it listens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]
STOP_SECONDS = 60


@contextmanager
def running_script(
    script: Path, environment: Mapping[str, str], log: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a script until the context ends; gives the address that it told, and the process."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIGRAPH_")}
    with (log or Path(os.devnull)).open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - one of ours
            [sys.executable, str(script)],
            cwd=PROJECT,
            env={**inherited, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            told = process.stdout.readline()
            address = next(word for word in told.split() if word.startswith("http://"))
            yield "/".join(address.split("/")[:3]), process
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
