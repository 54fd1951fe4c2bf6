"""What a client sees of an error: a stable code, the service concerned, and nothing internal."""

from __future__ import annotations

import logging

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import MaskErrors

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
}


class StableErrors(MaskErrors):
    """Gives every error its code; what is unexpected is logged here and shown as INTERNAL."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Replace an error by what the client may see."""
        original = error.original_error
        if isinstance(original, errors.AdapterError):
            return _shown(error, original.message, _extensions(original))
        if isinstance(error, GraphQLSyntaxError):
            return _shown(error, error.message, {"code": "GRAPHQL_PARSE_FAILED"})
        if original is None or isinstance(original, GraphQLError):
            code = "GRAPHQL_VALIDATION_FAILED" if error.path is None else "BAD_USER_INPUT"
            return _shown(error, error.message, {"code": code, **(error.extensions or {})})
        logger.error("A resolver failed at %s", error.path, exc_info=original)
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


def _extensions(error: errors.AdapterError) -> dict[str, object]:
    extensions: dict[str, object] = {"code": CODES[type(error)]}
    if isinstance(error, errors.Unavailable):
        extensions["service"] = error.service
    if isinstance(error, errors.InvalidInput) and error.field is not None:
        extensions["field"] = error.field
    if isinstance(error, errors.LimitExceeded) and error.retry_after_seconds is not None:
        extensions["retryAfterSeconds"] = error.retry_after_seconds
    return extensions
