"""What a client is told of an error, and what only the log is."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import pytest

from adapters import errors
from adapters.cloudlink.exchange import segment
from adapters.cloudsigma.models import Usage
from adapters.principal import Principal
from gateway.execution.errors import CODES
from tests.gateway.edge import Edge, Served, connected

USAGE = "{ usage { used } }"
GENERATE = 'mutation { generateRules(input: {text: "a report"}) { __typename ... on Problem { code message } } }'


class Overslept(errors.Unreachable):
    """What somebody's own adapter may raise."""


@pytest.mark.parametrize(
    ("failure", "extensions"),
    [
        (errors.InvalidInput("InvalidUrl", "not a URL", "url"), {"code": "INVALID_INPUT", "field": "url"}),
        (errors.InvalidInput("InvalidUrl", "not a URL"), {"code": "INVALID_INPUT"}),
        (errors.LimitExceeded("Rate", "wait", 5, 30), {"code": "LIMIT_EXCEEDED", "retryAfterSeconds": 30}),
        (errors.NotAllowed("Forbidden", "no"), {"code": "NOT_ALLOWED"}),
        (errors.NotFound("NotFound", "none"), {"code": "NOT_FOUND"}),
        (errors.Conflict("Conflict", "twice"), {"code": "CONFLICT"}),
        (errors.Unreachable("Failed", "gone", "CloudSigma"), {"code": "SERVICE_UNREACHABLE", "service": "CloudSigma"}),
        (errors.DeadlineExceeded("Late", "late", "CloudSigma"), {"code": "SERVICE_TIMEOUT", "service": "CloudSigma"}),
        (
            errors.InvalidPayload("Failed", "odd", "CloudSigma"),
            {"code": "SERVICE_INVALID_PAYLOAD", "service": "CloudSigma"},
        ),
        (Overslept("Failed", "zzz", "CloudSigma"), {"code": "SERVICE_UNREACHABLE", "service": "CloudSigma"}),
        (errors.Refused("No", "no"), {"code": "REFUSED"}),
        (errors.AdapterError("No", "no"), {"code": "SERVICE_FAILED"}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_adapters_error_has_its_sentence_and_a_stable_code(
    failure: errors.AdapterError, extensions: dict[str, Any], edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """The code goes by the error's class; it is expected, so nothing is logged."""
    edge.cloudsigma.failure = failure
    (error,) = (await edge.ask(USAGE))["errors"]
    assert error["message"] == failure.message
    assert error["extensions"] == extensions
    assert error["path"] == ["usage"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_refusal_names_the_service_whose_adapter_raised_it(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one operation asks several services, the caller sees which of them said no."""

    async def usage(_principal: Principal) -> Usage:
        segment("no id at all")
        raise AssertionError

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    (error,) = (await edge.ask(USAGE))["errors"]
    assert error["extensions"]["service"] == "CloudLink"
    assert error["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("kind", errors.Refused.__subclasses__(), ids=lambda kind: kind.__name__)
async def test_every_refusal_of_a_mutation_is_data(kind: type[errors.Refused], edge: Edge) -> None:
    """What the service says no to is a member of the mutation's union, never an error."""
    edge.cloudsigma.failure = kind("Code", "the sentence")
    answer = await edge.ask(GENERATE)
    assert answer == {
        "data": {"generateRules": {"__typename": kind.__name__, "code": "Code", "message": "the sentence"}}
    }


def test_every_class_of_the_tree_has_a_code() -> None:
    """An error added to the tree wants a code of its own."""
    tree = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    assert tree == CODES.keys()
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("failure", [RuntimeError("the password is geheim"), KeyError("geheim"), ValueError("geheim")])
async def test_an_unexpected_error_is_masked_and_logged(
    failure: Exception, edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """The client sees that something failed and where; what it was is in the log, with its trace."""
    edge.cloudsigma.failure = failure
    answer = await edge.ask(USAGE)
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert (error["message"], error["extensions"]) == ("Internal error", {"code": "INTERNAL"})
    assert "geheim" not in str(answer)
    (record,) = (record for record in caplog.records if record.name == "gateway.execution.errors")
    assert record.exc_info is not None
    assert record.exc_info[1] is failure
    assert "usage" in record.getMessage()


async def test_an_unexpected_error_is_masked_on_a_socket_too(edge: Edge, served: Served) -> None:
    """No way out is open."""
    edge.cloudsigma.failure = RuntimeError("geheim")
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(USAGE)
        message = await socket.hear()
    assert "geheim" not in str(message)
    assert message["payload"]["errors"][0]["extensions"] == {"code": "INTERNAL"}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ viewer {", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ " * 5000, {}, "GRAPHQL_PARSE_FAILED"),
        ("{ execution(arn: " + "[" * 5000 + ") { arn } }", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($f: Int!) { executions(first: $f) { totalCount } }", {"f": "x"}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($f: Int!) { executions(first: $f) { totalCount } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query($s: ExecutionStatus) { executions(status: $s) { totalCount } }", {"s": "GONE"}, None),
        ('{ execution(arn: "\\uD800") { arn } }', {}, "GRAPHQL_PARSE_FAILED"),
        ("{ executions(first: 101) { totalCount } }", {}, "INVALID_INPUT"),
        ('{ executions(after: "x") { totalCount } }', {}, None),
    ],
)
async def test_a_wrong_request_has_a_code(query: str, variables: dict[str, Any], code: str | None, edge: Edge) -> None:
    """What a client can get wrong is named by a stable code, and is no failure of ours."""
    if "after" in query:
        await edge.begin()
        code = "INVALID_INPUT"
    (error,) = (await edge.ask(query, **variables))["errors"]
    assert error["extensions"]["code"] == (code or "GRAPHQL_VALIDATION_FAILED")
    assert error["message"] != "Internal error"
