"""Servers as users start them, and callers made up for a test."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.principal import Principal

PROJECT = Path(__file__).parent.parent
STOP_SECONDS = 60


@dataclass(frozen=True)
class RunningServer:
    """A server in a process of its own."""

    address: str
    process: subprocess.Popen[str]
    log: Path | None


def new_principal(tier: str | None = None) -> Principal:
    """Make up a caller; without a tier no limit applies to it."""
    name = f"caller-{secrets.token_hex(6)}"
    return Principal(id=name, name=name, tenant=f"tenant-of-{name}", tier=tier)


@contextlib.contextmanager
def start_server(*arguments: str, environment: dict[str, str], log: Path | None = None) -> Iterator[RunningServer]:
    """Run `trigraph serve …` on a free port until the context ends; what it logs goes to `log`."""
    command = [sys.executable, "-m", "gateway", "serve", *arguments, "--port", "0"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIGRAPH_")}
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("a")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            command, env={**inherited, **environment}, cwd=PROJECT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        stack.callback(_stop, process)
        assert process.stdout is not None
        announcement = process.stdout.readline()
        address = next((word for word in announcement.split() if word.startswith("http://")), None)
        assert address is not None, f"the server said {announcement!r}"
        yield RunningServer("/".join(address.split("/")[:3]), process, log)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(STOP_SECONDS)
    assert process.stdout is not None
    process.stdout.close()
