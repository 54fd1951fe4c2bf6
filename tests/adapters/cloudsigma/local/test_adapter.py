from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from adapters.cloudsigma.models import ExecutionStatus, Output, Stage
from tests.adapters.cloudsigma.local.adapter_process import Became
from tests.running import PROJECT

MODULE = "tests.adapters.cloudsigma.local.adapter_process"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def became(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Became:
    """What became of executions that hang, die, fail, break and succeed, run at once in a process of their own."""
    folder = tmp_path_factory.mktemp("adapter")
    if request.param == "sqlite":
        urls = [f"sqlite+aiosqlite:///{folder}/trigraph.sqlite3", f"sqlite:///{folder}/workflows.sqlite3"]
    else:
        urls = [str(request.getfixturevalue("own_postgres_url"))] * 2
    command = [sys.executable, "-m", MODULE, *urls, str(folder), "hang", "fine", "fail", "break", "die"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Became)


def test_an_execution_moves_through_its_stages_to_success(became: Became) -> None:
    """A watcher is told of the stages in their order and last of the end, when the output is there."""
    states, output = became.of("fine").states, became.of("fine").output
    assert states[-1].status is ExecutionStatus.SUCCEEDED
    assert [state.finished for state in states] == [False] * (len(states) - 1) + [True]
    stages = [list(Stage).index(state.stage) for state in states if state.stage]
    assert stages == sorted(stages)
    assert isinstance(output, Output)
    assert [rule.id for rule in output.rules] == ["fine"]
    assert states[-1].rules_generated == 1


def test_an_execution_that_takes_too_long_fails_and_is_ended(became: Became) -> None:
    """After the pipeline's time it ends as PipelineTimeout, and the process that was busy with it is gone."""
    last = became.of("hang").states[-1]
    assert (last.status, last.error_code, last.stage) == (ExecutionStatus.FAILED, "PipelineTimeout", Stage.EXTRACT)
    assert "try with simpler input" in (last.error_message or "")
    assert became.of("hang").output is None
    assert became.of("hang").hanging is False


def test_an_expected_failure_keeps_its_code_and_sentence(became: Became) -> None:
    """What a stage refuses is told as it said it."""
    last = became.of("fail").states[-1]
    assert (last.status, last.error) == (ExecutionStatus.FAILED, "InvalidUrl: There is no such page.")


@pytest.mark.parametrize("text", ["break", "die"])
def test_an_unexpected_failure_tells_nothing_of_the_inside(became: Became, text: str) -> None:
    """A mistake of ours, or a worker that dies, ends the execution as PipelineFailed without the details."""
    last = became.of(text).states[-1]
    assert (last.status, last.error_code) == (ExecutionStatus.FAILED, "PipelineFailed")
    assert "secret" not in (last.error or "")


def test_an_execution_whose_caller_went_away_is_begun(became: Became) -> None:
    """Whenever a caller is gone between asking and the answer, nothing is recorded that never ends."""
    assert became.never_begun == []
