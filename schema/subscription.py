"""The root of subscriptions."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from resolvers import executions, scans
from schema.executions import ExecutionEvent
from schema.scans import ScanEvent
from schema.view import stream


@strawberry.type(
    description="What is pushed. Every stream first sends the present state, then each change; "
    "a terminal state is the last event of a stream on one thing."
)
class Subscription:
    """What is pushed."""

    execution_status: AsyncGenerator[ExecutionEvent, None] = stream(
        executions.execution_status, "An execution's state, and every change of status, stage and progress."
    )
    execution_updates: AsyncGenerator[ExecutionEvent, None] = stream(
        executions.execution_updates, "The same for all of the caller's executions."
    )
    scan_status: AsyncGenerator[ScanEvent, None] = stream(
        scans.scan_status, "A scan's state, and every change of it, as its phases complete."
    )
    scan_updates: AsyncGenerator[ScanEvent, None] = stream(
        scans.scan_updates, "The same for all of the tenant's scans."
    )
