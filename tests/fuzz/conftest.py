"""The APIs that are fuzzed, in a process of their own, and Schemathesis, in another."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from adapters.vault import new_encryption_key
from tests.adapters.conftest import new_postgres_database
from tests.aws_server import AwsServer
from tests.conftest import JWT_SECRET
from tests.package_registry import PackageRegistry
from tests.running import PROJECT

FUZZ_SECONDS = 300
STOP_SECONDS = 30


@dataclass(frozen=True)
class Fuzzed:
    """The address that the APIs are below, each by its name, what they log, and what `checks.py` looks for."""

    address: str
    log: Path
    environment: dict[str, str]

    async def fuzz(self, schema: str, *arguments: str) -> None:
        """Run Schemathesis over an API; fails with its report of what it found, or with what the server logged."""
        command = ["-m", "schemathesis.cli", "--config-file", "tests/fuzz/schemathesis.toml", "run"]
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            f"{self.address}/{schema}",
            *arguments,
            cwd=PROJECT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(FUZZ_SECONDS):
                report, _ = await running.communicate()
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        if running.returncode != 0:
            pytest.fail(report.decode(), pytrace=False)
        assert self.log.read_text() == ""


@pytest.fixture(scope="session")
def settings(
    tmp_path_factory: pytest.TempPathFactory,
    engine_cache: Path,
    package_registry: PackageRegistry,
    running_aws: AwsServer,
) -> Iterator[dict[str, str]]:
    """The settings of the APIs: on PostgreSQL where there is one, as it refuses more than SQLite does."""
    with ExitStack() as stack:
        database = stack.enter_context(new_postgres_database()) if "TRIGRAPH_TEST_POSTGRES_URL" in os.environ else ""
        yield {
            "TRIGRAPH_DATA_DIR": str(tmp_path_factory.mktemp("fuzzed")),
            "TRIGRAPH_DATABASE_URL": database,
            "TRIGRAPH_CACHE_DIR": str(engine_cache),
            "TRIGRAPH_WORKERS": "1",
            "TRIGRAPH_CLOUDSIGMA_JWT_SECRET": JWT_SECRET,
            "TRIGRAPH_ENCRYPTION_KEY": new_encryption_key(),
            "TRIGRAPH_DEVELOPMENT": "true",
            "TRIGRAPH_NPM_REGISTRY": package_registry.npm,
            "TRIGRAPH_PYPI_INDEX": package_registry.pypi,
            "TRIGRAPH_AWS_ENDPOINT_URL": running_aws.url,
            "TRIGRAPH_CLOUDLINK_SCHEDULE": "0 0 1 1 *",
        }


@pytest.fixture(scope="session")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Fuzzed]:
    """All APIs over local adapters, running."""
    token, folder = secrets.token_hex(16), tmp_path_factory.mktemp("fuzzing")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIGRAPH_")}
    asking = {
        "PYTHONPATH": str(PROJECT),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder),
        "FUZZ_TOKEN": token,
        "FUZZ_JWT": _user_token(),
        "FUZZ_SECRETS": settings["TRIGRAPH_ENCRYPTION_KEY"],
    }
    log = folder / "log"
    with ExitStack() as stack:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.all_apis", token],
            env={**inherited, **settings},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=stack.enter_context(log.open("w")),
            text=True,
        )
        stack.callback(_stop, process)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, log.read_text()
        yield Fuzzed(address, log, {**inherited, **asking})


def _user_token() -> str:
    claims = {"sub": "user-of-the-fuzzer", "tier": "pro", "exp": datetime.now(UTC) + timedelta(hours=1)}
    return jwt.encode(claims, JWT_SECRET, "HS256")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(STOP_SECONDS)
    assert process.stdout is not None
    process.stdout.close()
