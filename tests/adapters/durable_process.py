"""A process with durable work, as the tests of it start: `python -m tests.adapters.durable_process SCENARIO …`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from adapters.durable import DurableWork, durable_step
from tests.waiting import until

NAME = "three-steps"


class Process:
    """Three steps that write down when they run; `interrupt` is awaited in the middle of the second."""

    def __init__(self, url: str, journal: Path, executor: str = "test") -> None:
        self.url = url
        self.journal = journal
        self.journal.touch()
        self.durable = DurableWork(url, executor)
        self.durable.define(NAME, self.workflow)
        self.in_second = asyncio.Event()
        self.hang = False
        self.kill = False

    async def workflow(self, key: str) -> None:
        """Work in steps whose results build on each other."""
        one = await durable_step("one", int, lambda: self.step(f"{key} one", 1))
        two = await durable_step("two", list[int], lambda: self.second(key, one))
        three = await durable_step("three", int, lambda: self.step(f"{key} three", sum(two)))
        self.write(f"{key} is {three}")

    async def step(self, line: str, result: int) -> int:
        """Write a line."""
        self.write(line)
        return result

    async def second(self, key: str, one: int) -> list[int]:
        """Write a line, and never get beyond it if told so."""
        self.write(f"{key} two")
        self.in_second.set()
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.hang:
            await asyncio.Event().wait()
        return [one, 2]

    def write(self, line: str) -> None:
        """Add a line to the journal."""
        with self.journal.open("a") as journal:
            journal.write(f"{line}\n")

    async def until(self, line: str) -> None:
        """Wait for a line in the journal."""
        await until(lambda: line in self.journal.read_text().splitlines())


async def killed(process: Process) -> None:
    """End by SIGKILL in the second step."""
    process.kill = True
    await process.durable.start()
    await process.durable.begin(NAME, "a")
    await process.until("never")


async def stopped(process: Process) -> None:
    """Stop in good order in the second step."""
    process.hang = True
    await process.durable.start()
    await process.durable.begin(NAME, "a")
    await process.in_second.wait()
    await process.durable.stop()


async def resumed(process: Process) -> None:
    """Finish what was left, and begin it again meanwhile and afterwards, as a restarted gateway does."""
    await process.durable.start()
    await process.durable.begin(NAME, "a")
    await process.until("a is 3")
    await process.durable.begin(NAME, "a")
    await process.durable.begin(NAME, "b")
    await process.until("b is 3")
    await process.durable.stop()


async def restarted(process: Process) -> None:
    """Start twice within a process, one after the other, and try to at the same time."""
    await process.durable.start()
    second = Process("sqlite://", process.journal)
    try:
        await second.durable.start()
    except RuntimeError as error:
        process.write(f"refused: {error}")
    await second.durable.stop()
    await process.durable.begin(NAME, "a")
    await process.until("a is 3")
    await process.durable.stop()
    await process.durable.stop()
    await process.durable.start()
    await process.durable.begin(NAME, "b")
    await process.until("b is 3")
    await process.durable.stop()
    process.write(await asyncio.to_thread(lambda: "threads work"))


async def tidied(process: Process) -> None:
    """Start with nothing of the past to be kept, and wait until it is gone."""
    from dbos import DBOS

    process.durable = DurableWork(process.url, "test", kept=timedelta())
    process.durable.define(NAME, process.workflow)
    await process.durable.start()
    while await DBOS.list_workflows_async():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.02)
    process.write("nothing is kept")
    await process.durable.stop()


async def unreachable(process: Process) -> None:
    """Fail to start for want of a database, and start with another."""
    broken = Process("postgresql://postgres@127.0.0.1:1/nowhere", process.journal)
    try:
        await broken.durable.start()
    except Exception as error:  # noqa: BLE001 - whatever the driver raises
        process.write(f"failed: {type(error).__name__}")
    await broken.durable.stop()
    await process.durable.start()
    await process.durable.begin(NAME, "a")
    await process.until("a is 3")
    await process.durable.stop()


async def idle(process: Process) -> None:
    """Start and stop without a workflow."""
    durable = DurableWork("sqlite://", "test")
    await durable.start()
    await durable.stop()
    process.write(f"dbos is loaded: {'dbos' in sys.modules}")


SCENARIOS = {
    scenario.__name__: scenario for scenario in (killed, stopped, resumed, restarted, tidied, unreachable, idle)
}


async def main(scenario: str, url: str, journal: str, executor: str = "test") -> None:
    """Run a scenario in this process."""
    await SCENARIOS[scenario](Process(url, Path(journal), executor))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
