from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import PROJECT

DONE = ["a one", "a two", "a two", "a three", "a is 3", "b one", "b two", "b three", "b is 3"]
MODULE = "tests.adapters.durable_process"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the processes of a test write down what they do."""
    return tmp_path / "journal"


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, as DBOS takes it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'workflows.sqlite3'}"
    return str(request.getfixturevalue("empty_postgres_url"))


def start(scenario: str, url: str, journal: Path, *more: str) -> subprocess.Popen[str]:
    """Start a process of a scenario."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", MODULE, scenario, url, str(journal), *more]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)


def run(scenario: str, url: str, journal: Path, expected: int = 0) -> list[str]:
    """Run a scenario to its end and give the journal as it is then."""
    process = start(scenario, url, journal)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == expected, errors
    return journal.read_text().splitlines()


def test_a_workflow_goes_on_where_its_process_was_killed(durable_url: str, journal: Path) -> None:
    """After SIGKILL in the second step the first is not run again, the others end once, and are forgotten."""
    assert run("killed", durable_url, journal, -signal.SIGKILL) == DONE[:2]
    assert run("resumed", durable_url, journal) == DONE
    assert run("tidied", durable_url, journal) == [*DONE, "nothing is kept"]


def test_a_workflow_goes_on_where_its_process_was_stopped(durable_url: str, journal: Path) -> None:
    """A stop in good order in the middle of a step leaves it to the next start, as a crash does."""
    assert run("stopped", durable_url, journal) == DONE[:2]
    assert run("resumed", durable_url, journal) == DONE


def test_processes_that_share_a_database_run_a_key_once(empty_postgres_url: str, journal: Path) -> None:
    """Two executors that begin the same keys at the same time run each of them once."""
    processes = [start("resumed", empty_postgres_url, journal, executor) for executor in ("one", "two")]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    lines = journal.read_text().splitlines()
    assert sorted(lines) == sorted(f"{key} {step}" for key in "ab" for step in ("one", "two", "three", "is 3"))


def test_durable_work_starts_once_at_a_time(tmp_path: Path, journal: Path) -> None:
    """A second start in the process is refused with what to do; after a stop another works, and threads still do."""
    lines = run("restarted", f"sqlite:///{tmp_path / 'workflows.sqlite3'}", journal)
    refusal = "refused: durable work runs once a process: close the first gateway before starting another"
    assert [line for line in lines if not line.startswith(("a ", "b "))] == [refusal, "threads work"]
    assert [line for line in lines if " is " in line] == ["a is 3", "b is 3"]


def test_a_start_that_failed_can_be_tried_again(tmp_path: Path, journal: Path) -> None:
    """Without its database durable work says so, and leaves the process fit for another start."""
    lines = run("unreachable", f"sqlite:///{tmp_path / 'workflows.sqlite3'}", journal)
    assert lines[0].startswith("failed: ")
    assert lines[-1] == "a is 3"


def test_without_workflows_nothing_is_loaded(journal: Path) -> None:
    """A gateway whose adapters define no workflow pays nothing for durable work."""
    assert run("idle", "sqlite://", journal) == ["dbos is loaded: False"]


def due_times(lines: list[str]) -> list[datetime]:
    """Read when the schedule was due."""
    return [datetime.fromisoformat(line.removeprefix("due ")) for line in lines if line.startswith("due ")]


def test_a_workflow_outlasts_the_operation_that_began_it(tmp_path: Path, journal: Path) -> None:
    """It has all the time it wants, whatever the operation's deadline is."""
    lines = run("unhurried", f"sqlite:///{tmp_path / 'workflows.sqlite3'}", journal)
    assert lines == ["left: inf"]


def test_a_schedule_runs_each_time_once(durable_url: str, journal: Path) -> None:
    """After a restart it goes on with what is due then, and leaves out what was due in between."""
    first = due_times(run("scheduled", durable_url, journal))
    assert first == sorted(set(first))
    time.sleep(2)
    restarted = datetime.now(UTC)
    second = due_times(run("scheduled", durable_url, journal))[len(first) :]
    assert second == sorted(set(second))
    assert second[0] > restarted


def test_processes_that_share_a_database_run_a_schedule_once(empty_postgres_url: str, journal: Path) -> None:
    """Two executors with the same schedule run each time in one of them."""
    processes = [start("scheduled", empty_postgres_url, journal, executor) for executor in ("one", "two")]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    times = due_times(journal.read_text().splitlines())
    assert len(times) >= 2
    assert sorted(set(times)) == sorted(times)


def test_what_waited_too_long_for_a_process_is_left_out(durable_url: str, journal: Path) -> None:
    """Of a minute that was due an hour ago nothing is run, so that it does not pile up."""
    run("scheduled", durable_url, journal)
    hour_ago = datetime.now(UTC) - timedelta(minutes=30)
    assert all(due_at > hour_ago for due_at in due_times(run("late", durable_url, journal)))


def test_a_process_without_the_schedule_leaves_it_to_others(durable_url: str, journal: Path) -> None:
    """It does its own work, and what is due waits until a process comes that has a body for it."""
    run("scheduled", durable_url, journal)
    began = datetime.now(UTC)
    lines = run("bystander", durable_url, journal)
    assert lines[-1] == "begun without a body: 0"
    ended = datetime.now(UTC)
    times = due_times(run("scheduled", durable_url, journal))
    assert any(began < due_at < ended for due_at in times)
