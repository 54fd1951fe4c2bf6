"""What a client sees of an error: a stable code, the service concerned, and nothing internal."""

from __future__ import annotations

import logging
import re
import traceback

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from adapters import errors
from adapters.http.deadline import remaining
from gateway.execution.edges import GRACE_SECONDS, OperationTimedOut
from gateway.execution.parsed_documents import OperationNotNamed
from gateway.limits.introspection import DISABLED
from gateway.limits.measure import TOO_COMPLEX
from gateway.protocols.refusals import Refused

logger = logging.getLogger(__name__)

CODES: dict[type[errors.AdapterError], str] = {
    errors.InvalidInput: "INVALID_INPUT",
    errors.LimitExceeded: "LIMIT_EXCEEDED",
    errors.NotAllowed: "NOT_ALLOWED",
    errors.NotFound: "NOT_FOUND",
    errors.Conflict: "CONFLICT",
    errors.Unreachable: "SERVICE_UNREACHABLE",
    errors.DeadlineExceeded: "SERVICE_TIMEOUT",
    errors.InvalidPayload: "SERVICE_INVALID_PAYLOAD",
    errors.Refused: "REFUSED",
    errors.Unavailable: "SERVICE_UNAVAILABLE",
    errors.AdapterError: "SERVICE_FAILED",
}
"""By class; a subclass that an adapter of somebody's raises has the code of the nearest one here."""

TIMED_OUT = "DEADLINE_EXCEEDED"
SHOWN_CODES = frozenset(
    {*CODES.values(), TIMED_OUT, "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST"}
    | {TOO_COMPLEX, DISABLED, "INTERNAL"}
)
"""All codes that an operation's errors have."""

SERVICES = {"cloudsigma": "CloudSigma", "sigil": "Sigil", "cloudlink": "CloudLink"}
"""The services' names by those of their adapters' packages."""


UNFIT = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises over a request that holds no operation which can be run."""


_ECHO = re.compile(
    r"""[,;]? [Ff]ound: [{\[].*|(?<=to be an object), .*|(?<=non string value): .*|(?<=String) ['"].*""", re.DOTALL
)
"""What graphql-core repeats of an input that does not fit: beyond a plain value, it may hold somebody's secret."""


class StableErrors(MaskErrors):
    """Gives every error its code; what is unexpected is logged here and shown as INTERNAL."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Replace an error by what the client may see."""
        return shown(error)


def shown(error: GraphQLError) -> GraphQLError:
    """Give what the client may see of an error; one that was shown already stays as it is."""
    original = error.original_error
    if isinstance(original, errors.AdapterError):
        return _shown(error, original.message, _extensions(original))
    if isinstance(original, OperationTimedOut):
        return _shown(error, "The operation's time was over before this was there", {"code": TIMED_OUT})
    if isinstance(error, GraphQLSyntaxError):
        return _shown(error, _ECHO.sub("", error.message), {"code": "GRAPHQL_PARSE_FAILED"})
    if isinstance(original, UNFIT):
        return _shown(error, unfit(original), {"code": "BAD_REQUEST"})
    if original is None or isinstance(original, GraphQLError):
        code = "GRAPHQL_VALIDATION_FAILED" if error.path is None else "BAD_USER_INPUT"
        return _shown(error, _ECHO.sub("", error.message), {"code": code, **(error.extensions or {})})
    logger.error("An operation failed at %s", error.path, exc_info=original)
    return _shown(error, "Internal error", {"code": "INTERNAL"})


def _shown(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def unfit(error: Exception) -> str:
    """Say what is unfit, and what would do."""
    match error:
        case OperationNotNamed(operations=operations):
            return f"The document has {operations} operations: name the one to run in `operationName`"
        case CannotGetOperationTypeError(operation_name=str(name)):
            return f"The document has no operation named {name!r}"
        case InvalidOperationTypeError(operation_type=OperationType.SUBSCRIPTION):
            return (
                "A subscription needs a WebSocket (graphql-transport-ws), or `Accept: text/event-stream` "
                "or `multipart/mixed; subscriptionSpec=1.0`"
            )
        case InvalidOperationTypeError():
            return "A mutation needs POST"
    return "The request has no operation: give one in `query`"


def refusal_of(error: Exception) -> Refused:
    """Say how a request over HTTP is refused whose operation is unfit."""
    if isinstance(error, InvalidOperationTypeError) and error.operation_type is OperationType.MUTATION:
        return Refused(405, "BAD_REQUEST", unfit(error), {"Allow": "POST"})
    return Refused(400, "BAD_REQUEST", unfit(error))


def _extensions(error: errors.AdapterError) -> dict[str, object]:
    extensions: dict[str, object] = {"code": _code_of(error)}
    if service := _service_of(error):
        extensions["service"] = service
    if isinstance(error, errors.InvalidInput) and error.field is not None:
        extensions["field"] = error.field
    if isinstance(error, errors.LimitExceeded | errors.Unavailable) and error.retry_after_seconds is not None:
        extensions["retryAfterSeconds"] = error.retry_after_seconds
    return extensions


def _code_of(error: errors.AdapterError) -> str:
    if isinstance(error, errors.DeadlineExceeded) and remaining() < GRACE_SECONDS:
        return TIMED_OUT
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def _service_of(error: errors.AdapterError) -> str | None:
    """Name the service; a refusal comes from the one whose adapter raised it."""
    if isinstance(error, errors.Unavailable):
        return error.service
    for frame, _ in traceback.walk_tb(error.__traceback__):
        package, _, module = frame.f_globals.get("__name__", "").partition(".")
        if package == "adapters" and (service := SERVICES.get(module.partition(".")[0])):
            return service
    return None
