from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import pytest_asyncio
from anyio import to_process
from anyio.abc import Process
from anyio.to_process import _process_pool_workers

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.workers import WorkerDied, Workers
from tests.waiting import until

HANG_SECONDS = 60.0

# A loop of its own has processes of its own: to kill them hurts nobody else.
pytestmark = pytest.mark.asyncio(loop_scope="function")


def process_id() -> int:
    return os.getpid()


def fail() -> None:
    raise PipelineFailure("InputTooLarge", "It is too large.")


def die() -> None:
    os._exit(3)


def write_id_and_hang(file: Path) -> None:
    file.write_text(str(os.getpid()))
    time.sleep(HANG_SECONDS)


def count_together(folder: Path) -> int:
    """Say how many calls ran at the same time as this one, once they had the time to begin."""
    mine = folder / str(os.getpid())
    mine.touch()
    time.sleep(0.05)
    together = len(list(folder.iterdir()))
    mine.unlink()
    return together


def is_running(process: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def test_a_call_runs_in_another_process_that_is_kept() -> None:
    """Calls after another run in the same process, which is not this one."""
    workers = Workers(1)
    first = await workers.run(process_id)
    assert first != os.getpid()
    assert await workers.run(process_id) == first


async def test_an_exception_arrives_as_it_was_raised() -> None:
    """Type and attributes come through, and the worker is kept."""
    workers = Workers(1)
    process = await workers.run(process_id)
    with pytest.raises(PipelineFailure) as failed:
        await workers.run(fail)
    assert (failed.value.code, failed.value.message) == ("InputTooLarge", "It is too large.")
    assert await workers.run(process_id) == process


async def test_a_cancelled_call_ends_its_process(tmp_path: Path) -> None:
    """Nothing runs on unseen after a call was cancelled, and the next call works."""
    workers, file = Workers(1), tmp_path / "process"
    call = asyncio.create_task(workers.run(write_id_and_hang, file))
    await until(lambda: file.exists() and file.read_text() != "")
    process = int(file.read_text())
    assert is_running(process)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert not is_running(process)
    assert await workers.run(process_id) != process


async def test_a_worker_that_dies_is_told_and_replaced() -> None:
    """A process that ends in the middle of a call is a clear error, and the next call gets a new one."""
    workers = Workers(1)
    with pytest.raises(WorkerDied, match="The process that ran die ended"):
        await workers.run(die)
    assert await workers.run(process_id) != os.getpid()


async def test_a_worker_that_died_while_idle_is_not_noticed() -> None:
    """A call that finds its process gone gets another one, as nothing of it has run."""
    workers = Workers(1)
    process = await workers.run(process_id)
    (idle,) = (worker for worker in _process_pool_workers.get() if worker.pid == process)
    os.kill(process, signal.SIGKILL)
    await until(lambda: idle.returncode is not None)
    assert await workers.run(process_id) != process


@pytest_asyncio.fixture(loop_scope="function")
async def started(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Process]]:
    """The processes that were started; in the end they are waited for."""
    processes: list[Process] = []

    async def open_process(*arguments: Any, **options: Any) -> Process:
        process = await anyio.open_process(*arguments, **options)
        processes.append(process)
        return process

    monkeypatch.setattr(to_process, "open_process", open_process)
    yield processes
    for process in processes:
        await process.aclose()


async def test_a_worker_that_starts_too_slowly_is_replaced(
    monkeypatch: pytest.MonkeyPatch, started: list[Process]
) -> None:
    """Nothing of the call has run then, so another process gets it."""
    seconds = iter((0, 20))
    monkeypatch.setattr(to_process, "fail_after", lambda _: anyio.fail_after(next(seconds)))
    process = await Workers(1).run(process_id)
    _late, ready = started
    assert ready.pid == process


async def test_workers_that_never_start_are_told(monkeypatch: pytest.MonkeyPatch, started: list[Process]) -> None:
    """The error says that nothing has run, after a second try."""
    monkeypatch.setattr(to_process, "fail_after", lambda _: anyio.fail_after(0))
    with pytest.raises(WorkerDied, match="The process to run process_id did not start in time"):
        await Workers(1).run(process_id)
    assert len(started) == 2


async def test_no_more_run_at_once_than_there_are_workers(tmp_path: Path) -> None:
    """Further calls wait for a free worker, and all are answered."""
    workers = Workers(2)
    together = await asyncio.gather(*(workers.run(count_together, tmp_path) for _ in range(6)))
    assert len(together) == 6
    assert max(together) <= 2


async def test_warming_reaches_every_worker(tmp_path: Path) -> None:
    """Every worker is called once, at the same time, so that none is left cold."""
    workers = Workers(2)
    await workers.warm(write_id, tmp_path)
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - short


def write_id(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(0.05)
