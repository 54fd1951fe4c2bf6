from __future__ import annotations

import pytest

from adapters import errors
from adapters.errors import AdapterError, InvalidInput, InvalidPayload, LimitExceeded, NotFound, Refused, Unavailable

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AdapterError)]


def test_the_drawn_tree_is_the_real_one() -> None:
    """Every error of the module is drawn in its docstring, as deep as it is derived."""
    assert errors.__doc__ is not None
    depth = {kind: len(kind.__mro__) - len(AdapterError.__mro__) for kind in ALL}
    drawn = {}
    for line in errors.__doc__.splitlines()[2:]:
        name = line.lstrip("│├└─ ").split(" ")[0]
        drawn[name] = (len(line) - len(line.lstrip("│├└─ "))) // 4
    assert drawn == {kind.__name__: level for kind, level in depth.items()}


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_something(kind: type[AdapterError]) -> None:
    """Code and sentence are kept apart, and shown together."""
    error = kind("SomeCode", "A sentence.", "it") if issubclass(kind, Unavailable) else kind("SomeCode", "A sentence.")
    assert (error.code, error.message, str(error)) == ("SomeCode", "A sentence.", "SomeCode: A sentence.")
    assert kind.__doc__


def test_expected_answers_and_failures_are_told_apart() -> None:
    """A refusal is never counted as a service that is unavailable."""
    assert all(issubclass(kind, Refused) != issubclass(kind, Unavailable) for kind in ALL[1:])


def test_errors_carry_what_their_caller_needs() -> None:
    """The field, the limit and when to come back, and the service are there to be read."""
    assert InvalidInput("InvalidUrl", "No.", "url").field == "url"
    limit = LimitExceeded("RateLimitExceeded", "Slow down.", 5, 30)
    assert (limit.limit, limit.retry_after_seconds) == (5, 30)
    assert InvalidPayload("InvalidPayload", "What?", "CloudSigma").service == "CloudSigma"
    assert NotFound("NotFound", "Where?").code == "NotFound"
