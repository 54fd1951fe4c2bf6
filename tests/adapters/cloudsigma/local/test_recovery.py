"""The kill test: a server is ended by SIGKILL in the middle of an execution, and started again on the same data."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cloudsigma.local.detections.catalogue import load_catalogue
from adapters.cloudsigma.local.records import ExecutionRecords
from adapters.cloudsigma.models import Execution, GenerateRequest, InputType
from adapters.events.feed import InProcessChangeFeed
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database, sqlite_url
from tests.adapters.conftest import Loopback
from tests.running import RunningServer, start_server
from tests.waiting import WAIT_SECONDS, until

MIDDLE = ("GENERATE", "VALIDATE", "CONVERT")
GENERATE = """
mutation ($input: GenerateRulesInput!) {
  generateRules(input: $input) { ... on Execution { arn } ... on Problem { message } }
}
"""
STATE = "query ($arn: String!) { execution(arn: $arn) { status stage errorMessage } }"
RESULT = """
query ($arn: String!) {
  execution(arn: $arn) {
    status rulesGenerated ttps { techniqueId confidence evidence } notices { code message }
    rules { id sigma queries { siem query } } iocs { type value } detectionGaps { techniqueId reason }
  }
  executions { totalCount }
}
"""


@dataclass
class Gateway:
    """A gateway on one folder of data, which can be killed and started again."""

    data: Path
    cache: Path
    allowed: str
    database_url: str = ""

    @contextmanager
    def running(self) -> Iterator[RunningServer]:
        environment = {
            "TRIGRAPH_DATA_DIR": str(self.data),
            "TRIGRAPH_CACHE_DIR": str(self.cache),
            "TRIGRAPH_WORKERS": "1",
            "TRIGRAPH_FETCH_ALLOWED": self.allowed,
            "TRIGRAPH_DATABASE_URL": self.database_url,
        }
        with start_server(environment=environment, log=self.data.parent / "log") as server:
            yield server

    def steps_of(self, arn: str) -> dict[str, int]:
        """Name the steps of an execution that durable work has recorded, in their order, with when each began."""
        query = "SELECT function_name, started_at_epoch_ms FROM operation_outputs WHERE workflow_uuid LIKE ?"
        with closing(sqlite3.connect(self.data / "workflows.sqlite3")) as workflows:
            return dict(workflows.execute(f"{query} ORDER BY function_id", (f"%:{arn}",)))


@pytest.fixture
def gateway(tmp_path: Path, engine_cache: Path, loopback: Loopback) -> Gateway:
    """A gateway that may fetch from the loopback server."""
    (tmp_path / "data").mkdir()
    return Gateway(tmp_path / "data", engine_cache, f"127.0.0.1:{loopback.port}")


async def ask(server: RunningServer, query: str, **variables: Any) -> Any:
    """Ask the graph over HTTP."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{server.address}/graphql", json={"query": query, "variables": variables})
    content = answer.json()
    assert "errors" not in content, content
    return content["data"]


async def generate(server: RunningServer, **given: str) -> str:
    """Begin an execution."""
    return str((await ask(server, GENERATE, input=given))["generateRules"]["arn"])


async def reached(server: RunningServer, arn: str, stages: Sequence[str]) -> str:
    """Wait until an execution is at one of the stages, and say at which."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (state := (await ask(server, STATE, arn=arn))["execution"])["stage"] not in stages:
            assert state["status"] == "RUNNING", state
    assert state["status"] == "RUNNING", "the execution was over before it could be interrupted"
    return str(state["stage"])


async def result(server: RunningServer, arn: str) -> Any:
    """Wait for an execution's end, and give what it produced."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (state := (await ask(server, STATE, arn=arn))["execution"])["status"] == "RUNNING":  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.05)
    assert state["status"] == "SUCCEEDED", state
    return await ask(server, RESULT, arn=arn)


def children(process: int) -> list[int]:
    """Name the processes that a process has started."""
    started = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == process:
                started.append(int(entry.name))
    return started


async def kill(server: RunningServer) -> None:
    """End a server at once, and see that what it had started ends too."""
    workers = children(server.process.pid)
    assert workers, "the server has no worker processes"
    server.process.kill()
    server.process.wait()
    await until(lambda: not any(Path("/proc", str(worker)).exists() for worker in workers))


def report() -> str:
    """Write a report that keeps every stage busy for a while: it names many techniques of the catalogue."""
    techniques = sorted({detection.technique_id for detection in load_catalogue().entries})[::3]
    sentences = [
        f"In step {number} the malware used {technique} and ran rundll32.exe from C:\\Users\\Public\\{number}.dll, "
        f"then connected to evil-{number}.example.net over HTTPS."
        for number, technique in enumerate(techniques)
    ]
    return "\n\n".join(sentences)


async def test_an_execution_goes_on_at_the_stage_where_the_server_was_killed(
    gateway: Gateway, loopback: Loopback
) -> None:
    """The stages before the interrupted one are not run again, and the rules are those of an uninterrupted run."""
    loopback.page("/report.txt", report(), "text/plain")
    with gateway.running() as server:
        uninterrupted = await result(server, await generate(server, url=f"http://127.0.0.1:{loopback.port}/report.txt"))
        arn = await generate(server, url=f"http://127.0.0.1:{loopback.port}/report.txt")
        stage = await reached(server, arn, MIDDLE)
        await kill(server)
    before = gateway.steps_of(arn)
    assert list(before)[:3] == ["ingest", "classify", "extract"]
    with gateway.running() as server:
        resumed = await result(server, arn)
    after = gateway.steps_of(arn)
    assert {name: after[name] for name in before} == before, f"killed at {stage}"
    assert list(after) == ["ingest", "classify", "extract", "filter", "generate", "validate", "convert"]
    assert len(loopback.asked) == 2
    assert resumed["executions"]["totalCount"] == 2
    assert resumed["execution"]["rulesGenerated"] > 50
    assert json.dumps(resumed) == json.dumps(uninterrupted | {"executions": {"totalCount": 2}})


async def test_a_fetch_that_was_interrupted_is_done_again(
    request: pytest.FixtureRequest, gateway: Gateway, loopback: Loopback
) -> None:
    """Killed while it reads a page that does not come, the server asks for it again; on PostgreSQL if there is one."""
    if "TRIGRAPH_TEST_POSTGRES_URL" in os.environ:
        gateway.database_url = request.getfixturevalue("empty_postgres_url")
    page = b"The actor used rundll32.exe (T1218.011) to connect to 203.0.113.7 and ran PowerShell (T1059.001)."
    head = loopback.head(Content_Type="text/plain", Content_Length=str(len(page)))

    async def answer() -> AsyncIterator[bytes]:
        yield head + page[:20]
        if len(loopback.asked) == 1:
            await asyncio.Event().wait()
        yield page[20:]

    loopback.stream("/slow.txt", answer)
    with gateway.running() as server:
        arn = await generate(server, url=f"http://127.0.0.1:{loopback.port}/slow.txt")
        await until(lambda: bool(loopback.asked))
        await kill(server)
    with gateway.running() as server:
        resumed = await result(server, arn)
    assert len(loopback.asked) == 2
    assert {ttp["techniqueId"] for ttp in resumed["execution"]["ttps"]} >= {"T1218.011", "T1059.001"}
    assert resumed["executions"]["totalCount"] == 1


async def test_an_execution_that_was_recorded_but_not_begun_is_begun(gateway: Gateway) -> None:
    """A crash between the record and the beginning of its work leaves nothing that runs for ever."""
    database = Database(sqlite_url(gateway.data))
    await database.migrate()
    request = GenerateRequest(input_type=InputType.TEXT, text="The malware used rundll32.exe to run a DLL (T1218.011).")
    feed: InProcessChangeFeed[Execution] = InProcessChangeFeed()
    async with feed.write(database) as writing:
        execution = await ExecutionRecords(database).insert(writing, LOCAL_PRINCIPAL, request)
    await database.close()
    with gateway.running() as server:
        assert (await result(server, execution.arn))["execution"]["rulesGenerated"] > 0
