"""The log, and what never stands in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from adapters.errors import InvalidInput
from gateway.observability.logs import configure_logging
from tests.gateway.edge import ALICE, Edge, Served, connected

SECRET = "geheim-4711"
GENERATE = (
    "mutation Start($text: String!) { generateRules(input: {text: $text}) { __typename ... on Problem { message } } }"
)


class Log(io.StringIO):
    """A stream that the log is written to."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def lines(self) -> list[Any]:
        """What was logged as JSON."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


@pytest.fixture
def log() -> Log:
    """The log as JSON."""
    log = Log()
    configure_logging("json", log)
    return log


async def test_an_operation_is_one_line(keyed: Edge, log: Log) -> None:
    """It tells who asked for what kind of thing and how that went, in a closed set of fields."""
    async with keyed.client(ALICE) as client:
        query = {"query": "query Mine { viewer { id } }"}
        await client.post("/graphql", json=query, headers={"X-Request-ID": "r-1"})
    (line,) = (line for line in log.lines if line["logger"] == "gateway.observability.access_log")
    assert line.pop("time").endswith("+00:00")
    operation = line.pop("operation")
    assert line == {
        "level": "INFO",
        "logger": "gateway.observability.access_log",
        "message": "operation",
        "request_id": "r-1",
        "tenant": "acme",
    }
    assert operation.pop("duration_ms") >= 0
    assert operation == {"type": "query", "name": "Mine", "document": "b301a2e3842ffb3e", "outcome": "ok", "cost": 1}


async def _operate(edge: Edge) -> None:
    literal = f'{{ execution(arn: "{SECRET}") {{ arn }} }}'
    for query, variables in [
        (GENERATE, {"text": SECRET}),
        (literal, {}),
        ("query($arn: String!) { execution(arn: $arn) { arn } }", {"arn": SECRET}),
        ("query($first: Int!) { executions(first: $first) { totalCount } }", {"first": SECRET}),
        (f'{{ executions(first: "{SECRET}") {{ totalCount }} }}', {}),
        (f'{{ execution(arn: "{SECRET}" ', {}),
        (f"query A {{ viewer {{ id }} }} # {SECRET}", {}),
    ]:
        await edge.ask(query, ALICE, **variables)


@pytest.mark.parametrize(
    "failure",
    [
        None,
        InvalidInput("InvalidText", f"not {SECRET}"),
        RuntimeError(SECRET),
        ValueError(f"invalid literal: {SECRET}"),
    ],
    ids=["success", "error", "crash", "crash over a value"],
)
@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_no_key_no_variable_and_no_literal_is_logged(
    failure: Exception | None, log_format: str, keyed: Edge
) -> None:
    """Whether an operation succeeds, is refused or crashes."""
    log = Log()
    configure_logging(log_format, log)
    logging.getLogger().setLevel(logging.DEBUG)
    keyed.cloudsigma.failure = failure
    await _operate(keyed)
    text = log.getvalue()
    assert text.count("operation") >= 7
    assert SECRET not in text
    assert ALICE not in text
    if isinstance(failure, RuntimeError):
        assert "RuntimeError" in text
        assert "memory_cloudsigma.py" in text


async def test_nothing_of_it_is_logged_on_a_socket_either(
    keyed: Edge, served_keyed: Served, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a subscription breaks in the middle."""
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger("websockets").setLevel(logging.INFO)  # its debug log is of frames
    keyed.cloudsigma.failure = RuntimeError(SECRET)
    async with connected(served_keyed) as socket:
        await socket.init(authorization=f"Bearer {ALICE}")
        await socket.subscribe(GENERATE, text=SECRET)
        assert (await socket.hear())["payload"]["errors"][0]["extensions"] == {"code": "INTERNAL"}
        assert (await socket.hear())["type"] == "complete"

        def break_off(*_: object) -> Any:
            raise KeyError(SECRET)

        monkeypatch.setattr(keyed.cloudsigma, "watch", break_off)
        await socket.subscribe("subscription($a: String!) { executionStatus(arn: $a) { cursor } }", "2", a=SECRET)
        await socket.hear()
    await keyed.until_nobody_watches()
    text = log.getvalue()
    assert SECRET not in text
    assert ALICE not in text
    assert "KeyError" in text
    operations = [line["operation"] for line in log.lines if line["logger"] == "gateway.observability.access_log"]
    assert [operation["type"] for operation in operations] == ["mutation", "subscription"]
    assert all(operation["codes"] == ["INTERNAL"] for operation in operations)


async def test_a_crash_of_the_edge_itself_is_logged_without_its_message(
    edge: Edge, served: Served, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own report of it goes through the same log."""

    async def run(*_: object) -> Any:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("gateway.protocols.http_endpoint.HttpEndpoint.response", run)
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://{served.host}/graphql", json={"query": f"# {SECRET}"})
    assert answer.status_code == 500
    assert SECRET not in answer.text + log.getvalue()
    assert [line["exception"]["type"] for line in log.lines if "exception" in line] == ["RuntimeError"]
    assert edge.cloudsigma.calls.total() == 0


async def test_an_exception_is_told_by_its_class_and_its_frames(log: Log) -> None:
    """The message may quote anything; the cause is named likewise."""
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("adapters.x").exception("It failed")
    (line,) = log.lines
    assert line["exception"]["type"] == "RuntimeError"
    assert line["exception"]["cause"] == "ValueError"
    assert line["exception"]["frames"][-1].endswith("in test_an_exception_is_told_by_its_class_and_its_frames")
    assert SECRET not in log.getvalue()


def test_what_a_library_attaches_to_a_record_is_left_out(log: Log) -> None:
    """The fields are a closed set."""
    logging.getLogger("other").warning("Something", extra={"headers": SECRET, "operation": SECRET})
    assert set(log.lines[0]) == {"time", "level", "logger", "message"}


def test_asyncios_report_of_a_lost_task_is_cut_before_its_exception(log: Log) -> None:
    """It goes on with what the task raised."""
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=%r>", SECRET)
    assert log.lines[0]["message"] == "Task exception was never retrieved"


@pytest.mark.parametrize(
    ("log_format", "is_terminal", "is_json"),
    [("", True, False), ("", False, True), ("json", True, True), ("text", False, False)],
)
def test_the_format_is_the_settings_or_the_terminals(log_format: str, is_terminal: bool, is_json: bool) -> None:
    """People read text, machines JSON, unless told otherwise."""
    log = Log(is_terminal=is_terminal)
    configure_logging(log_format, log)
    logging.getLogger("adapters.x").warning("Told %d", 5)
    if is_json:
        assert log.lines[0]["message"] == "Told 5"
    else:
        assert log.getvalue() == "WARNING adapters.x: Told 5\n"
