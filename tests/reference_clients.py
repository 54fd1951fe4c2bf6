"""The protocols' reference clients, from npm: scripts in `tests/clients/` that Node runs against a gateway."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from hatch_build import STEPS, NotBuilt, run

CLIENTS = Path(__file__).parent / "clients"
INSTALL = STEPS[0]
SCRIPT_SECONDS = 60


@dataclass(frozen=True)
class ReferenceClients:
    """Node, with the packages of `tests/clients/`."""

    node: str

    async def run(self, script: str, *arguments: str) -> str:
        """Run a script of `tests/clients/` to its end, and give what it printed; one that fails, fails the test."""
        process = await asyncio.create_subprocess_exec(
            self.node,
            CLIENTS / script,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(SCRIPT_SECONDS):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, f"{script} ended with {process.returncode}:\n{output.decode()}"
        return output.decode()


def install_clients(lock: Path) -> ReferenceClients:
    """Install the packages unless they are there, one process at a time; skips the test where that can't be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm were not found, which run the reference clients: install Node 20 or newer")
    with FileLock(lock):
        if not _is_installed():
            arguments, seconds = INSTALL
            try:
                run([npm, *arguments], CLIENTS, seconds)
            except NotBuilt as failure:
                pytest.skip(f"the reference clients are not installed, {failure}: run `npm ci` in tests/clients/")
    return ReferenceClients(node)


def _is_installed() -> bool:
    wanted, installed = CLIENTS / "package-lock.json", CLIENTS / "node_modules" / ".package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime
