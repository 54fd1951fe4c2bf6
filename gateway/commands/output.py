"""Where commands print to: as wide as a terminal is, and uncut where a file or a program reads."""

from __future__ import annotations

import os

from rich.console import Console

UNCUT = 1000
"""Columns of what is no terminal: the default of 80 would break sentences, paths and ids in a log."""


def output_console(*, stderr: bool = False) -> Console:
    """Give the console of standard output, or of standard error; `COLUMNS` says how wide it is, where it is set."""
    console = Console(stderr=stderr)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = UNCUT
    return console
