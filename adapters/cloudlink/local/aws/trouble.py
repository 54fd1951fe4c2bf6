"""What went wrong at AWS, told by region, call and error code: its messages may name what is nobody's business."""

from __future__ import annotations

import logging

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

LONGEST_CODE = 64


class TooMany(Exception):
    """A list has more entries than are read of it."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A call that failed."""

    region: str
    call: str
    code: str

    def __str__(self) -> str:
        return f"{self.region}: {self.call}: {self.code}"


def code_of(error: Exception) -> str | None:
    """Give AWS's error code, or the name of a failure on the way there; None for what is neither."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "Unknown")[:LONGEST_CODE]
    if isinstance(error, BotoCoreError | OSError | TooMany):  # TimeoutError is an OSError
        return type(error).__name__
    return None


def trouble_of(error: Exception, region: str, call: str) -> Trouble:
    """Say what went wrong; what is not AWS's fault is logged as well. `call` is used where the error names none."""
    code = code_of(error)
    if code is None:
        logger.error("Looking at %s in %s failed unexpectedly", call, region, exc_info=error)
        code = "InternalError"
    named = getattr(error, "operation_name", None)
    return Trouble(region=region, call=str(named or call), code=code)
