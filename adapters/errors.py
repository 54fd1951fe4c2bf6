"""Everything an adapter may raise; each adapter maps its wire's errors to this tree in one place.

AdapterError                a call to a service failed
├── Refused                 the service understood and said no: an expected answer, shown to the caller as data
│   ├── InvalidInput        the caller's input is not acceptable; names the field
│   ├── LimitExceeded       a rate or a quota is used up; says when to come back
│   ├── NotAllowed          the caller's tier, role or key does not permit it
│   ├── NotFound            there is no such thing, or it is somebody else's
│   └── Conflict            the thing is not in a state that permits it
└── Unavailable             the service gave no usable answer: not the caller's fault
    ├── Unreachable         no connection, or it broke, or the service answered 5xx
    ├── DeadlineExceeded    no answer within the operation's time
    └── InvalidPayload      an answer that does not fit the contract; names path and field
"""

from __future__ import annotations


class AdapterError(Exception):
    """A call to a service failed; `code` is the service's own or the nearest of its documented codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Refused(AdapterError):
    """The service understood the request and said no."""


class InvalidInput(Refused):
    """The caller's input is not acceptable; `field` names the part of it, as the service calls it."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code, message)
        self.field = field


class LimitExceeded(Refused):
    """A rate or quota is used up; `retry_after_seconds` says when to come back, if that helps."""

    def __init__(
        self, code: str, message: str, limit: int | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(code, message)
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds


class NotAllowed(Refused):
    """The caller's tier, role or key does not permit the call."""


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else."""


class Conflict(Refused):
    """The thing exists already, or is not in a state that permits the change."""


class Unavailable(AdapterError):
    """The service gave no usable answer; `service` names it, `retry_after_seconds` says when to try again, if known."""

    def __init__(self, code: str, message: str, service: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(code, message)
        self.service = service
        self.retry_after_seconds = retry_after_seconds


class Unreachable(Unavailable):
    """No connection could be had, it broke, or the service answered with a server error."""


class DeadlineExceeded(Unavailable):
    """The service did not answer within the time that the operation had."""


class InvalidPayload(Unavailable):
    """The service answered with something that does not fit its contract."""
