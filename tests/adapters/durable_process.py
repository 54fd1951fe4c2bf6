"""A process with durable work, as the tests of it start: `python -m tests.adapters.durable_process SCENARIO …`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.durable import DurableWork, durable_step
from adapters.http.deadline import operation_deadline, remaining
from tests.waiting import until

NAME = "three-steps"
SCHEDULE = "every-two-seconds"
CRON = "*/2 * * * * *"
TIMES = 2


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

    def schedule(self, patience: timedelta) -> None:
        """Write down, every two seconds, when that was due."""
        self.durable.schedule(SCHEDULE, CRON, self.due, patience)

    async def due(self, due_at: datetime) -> None:
        """Write down what is due."""
        self.write(f"due {due_at.isoformat()}")

    def due_times(self) -> list[datetime]:
        """Read what was due so far."""
        lines = self.journal.read_text().splitlines()
        return [datetime.fromisoformat(line.removeprefix("due ")) for line in lines if line.startswith("due ")]

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


async def unhurried(process: Process) -> None:
    """Begin a workflow for an operation that has a minute."""

    async def tell(_key: str) -> None:
        process.write(f"left: {remaining()}")

    process.durable.define("tell", tell)
    await process.durable.start()
    with operation_deadline(60):
        await process.durable.begin("tell", "a")
    await process.until("left: inf")
    await process.durable.stop()


async def idle(process: Process) -> None:
    """Start and stop without a workflow."""
    durable = DurableWork("sqlite://", "test")
    await durable.start()
    await durable.stop()
    process.write(f"dbos is loaded: {'dbos' in sys.modules}")


async def scheduled(process: Process) -> None:
    """Run until two more times were due."""
    before = len(process.due_times())
    process.schedule(timedelta(seconds=60))
    await process.durable.start()
    await until(lambda: len(process.due_times()) >= before + TIMES)
    await process.durable.stop()


async def late(process: Process) -> None:
    """Start with a minute of what was due an hour ago still to be done, and wait until none is left."""
    from dbos import DBOS

    process.schedule(timedelta(seconds=60))
    await process.durable.start()
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await asyncio.to_thread(DBOS.backfill_schedule, SCHEDULE, hour_ago, hour_ago + timedelta(minutes=1))
    while await DBOS.list_workflows_async(schedule_name=SCHEDULE, status="ENQUEUED"):  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.1)
    await process.durable.stop()


async def bystander(process: Process) -> None:
    """Work on the same database without the schedule, and see what is due wait for another process."""
    from dbos import DBOS

    await process.durable.start()
    while not await DBOS.list_workflows_async(schedule_name=SCHEDULE, status="ENQUEUED"):  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.1)
    await process.durable.begin(NAME, "a")
    await process.until("a is 3")
    await asyncio.sleep(2)
    begun = await DBOS.list_workflows_async(schedule_name=SCHEDULE, status=["PENDING", "ERROR"])
    process.write(f"begun without a body: {len(begun)}")
    await process.durable.stop()


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        killed,
        stopped,
        resumed,
        restarted,
        tidied,
        unreachable,
        unhurried,
        idle,
        scheduled,
        late,
        bystander,
    )
}


async def main(scenario: str, url: str, journal: str, executor: str = "test") -> None:
    """Run a scenario in this process."""
    await SCENARIOS[scenario](Process(url, Path(journal), executor))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
