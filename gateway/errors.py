"""What a client sees of an error: a stable code, the service concerned, and nothing internal."""

from __future__ import annotations

import logging

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from adapters import errors

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


UNFIT = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises over a request that holds no operation which can be run."""


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
    if isinstance(error, GraphQLSyntaxError):
        return _shown(error, error.message, {"code": "GRAPHQL_PARSE_FAILED"})
    if isinstance(original, UNFIT):
        return _shown(error, unfit(original), {"code": "BAD_REQUEST"})
    if original is None or isinstance(original, GraphQLError):
        code = "GRAPHQL_VALIDATION_FAILED" if error.path is None else "BAD_USER_INPUT"
        return _shown(error, error.message, {"code": code, **(error.extensions or {})})
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
        case CannotGetOperationTypeError(operation_name=str(name)):
            return f"The document has no operation named {name!r}"
        case InvalidOperationTypeError(operation_type=OperationType.SUBSCRIPTION):
            return "A subscription needs a WebSocket (graphql-transport-ws) or `Accept: text/event-stream`"
        case InvalidOperationTypeError():
            return "A mutation needs POST"
    return "The request has no operation: give one in `query`"


def _extensions(error: errors.AdapterError) -> dict[str, object]:
    code = next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    extensions: dict[str, object] = {"code": code}
    if isinstance(error, errors.Unavailable):
        extensions["service"] = error.service
    if isinstance(error, errors.InvalidInput) and error.field is not None:
        extensions["field"] = error.field
    if isinstance(error, errors.LimitExceeded) and error.retry_after_seconds is not None:
        extensions["retryAfterSeconds"] = error.retry_after_seconds
    return extensions
