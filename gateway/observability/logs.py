"""The log: one record a line, as JSON for machines or as text for a terminal.

A line has a closed set of fields, whatever a library attaches to its records. An exception is told by its class and
where it was raised, never by its message, which may quote what a caller sent or a secret.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from adapters.http.request_id import current_request_id
from gateway.observability.access_log import OperationLine
from gateway.observability.observed_operation import current_operation

QUIET = ("httpx", "alembic", "dbos")
FRAMES = 50


class RaisedException(msgspec.Struct, frozen=True, kw_only=True):
    """An exception without its message; `frames` are the innermost 50, the place that raised it last."""

    type: str
    frames: list[str]
    cause: str | None = None


class LogLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record of the log; `time` is in UTC."""

    time: str
    level: str
    logger: str
    message: str
    request_id: str | None = None
    tenant: str | None = None
    operation: OperationLine | None = None
    exception: RaisedException | None = None


class JsonLines(logging.Formatter):
    """Writes records as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        return msgspec.json.encode(line_of(record)).decode()


class TextLines(logging.Formatter):
    """Writes records for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = line_of(record)
        named = f" [{line.request_id}]" if line.request_id else ""
        text = f"{line.level} {line.logger}{named}: {line.message}"
        if line.operation is not None:
            text += f" {line.operation}"
        if line.exception is not None:
            text += "".join(f"\n    {frame}" for frame in [*line.exception.frames, line.exception.type])
        return text


def configure_logging(log_format: str, stream: TextIO = sys.stderr) -> None:
    """Write the log to `stream`: `json`, `text`, or, where nothing is said, text on a terminal and JSON elsewhere."""
    is_text = log_format == "text" or (not log_format and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if is_text else JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def line_of(record: logging.LogRecord) -> LogLine:
    """Give what is written of a record."""
    operation = current_operation.get()
    told = getattr(record, "operation", None)
    message = record.getMessage()
    return LogLine(
        time=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        level=record.levelname,
        logger=record.name,
        message=message.partition("\n")[0] if record.name == "asyncio" else message,  # it goes on with an exception
        request_id=current_request_id.get(),
        tenant=operation.tenant if operation is not None else None,
        operation=told if isinstance(told, OperationLine) else None,
        exception=_raised(record.exc_info[1]) if record.exc_info else None,
    )


def _raised(error: BaseException | None) -> RaisedException | None:
    if error is None:
        return None
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return RaisedException(
        type=_name(error),
        frames=[f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames],
        cause=_name(cause) if cause is not None else None,
    )


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
