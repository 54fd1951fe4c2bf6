"""What is kept of a thing, and what is known of it after several sightings."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.cloudsigma.models import Execution, ExecutionStatus
from adapters.history.facts import ExecutionFact, execution_fact, hour_of, merged
from adapters.sigil.models import Scan, ScanStatus
from tests.adapters.history.facts import execution, running

SIGHTINGS = st.builds(
    lambda state, rules, duration: (running if state else execution)("arn:1", rules=rules, duration_ms=duration),
    st.booleans(),
    st.none() | st.integers(1, 9),
    st.none() | st.integers(1, 9),
)


def test_what_has_ended_never_runs_again() -> None:
    """An old list that still shows it running changes nothing."""
    assert merged(execution(), running()) == execution()
    assert merged(running(), execution()) == execution()


def test_a_sighting_that_says_less_takes_nothing_away() -> None:
    """A list does not say how long an execution took, its own page does."""
    assert merged(execution(duration_ms=70, rules=3), execution(rules=3)) == execution(duration_ms=70, rules=3)
    assert merged(execution(), execution(error_code="Timeout")).error_code == "Timeout"


@given(st.lists(SIGHTINGS, min_size=1))
def test_seeing_something_again_changes_nothing(sightings: list[ExecutionFact]) -> None:
    """Whatever was seen before: the last sighting is part of what is known."""
    known = sightings[0]
    for seen in sightings[1:]:
        known = merged(known, seen)
    assert merged(known, sightings[-1]) == known


def test_whatever_an_upstream_says_can_be_stored() -> None:
    """Characters, lengths and numbers that no database takes are cut to what it does."""
    seen = Execution(
        arn="arn:\x00" + "x" * 300,
        status=ExecutionStatus.FAILED,
        started_at=datetime(1960, 1, 1, tzinfo=UTC),
        error="A sentence without a code " + "y" * 100,
        processing_time_ms=10**30,
        rules_generated=-5,
    )
    fact = execution_fact("acme", seen)
    assert len(fact.key) == 200
    assert "\x00" not in fact.key
    assert len(fact.error_code) == 64
    assert (fact.hour, fact.duration_ms, fact.rules) == (0, 2**31 - 1, None)


def test_a_scans_ecosystem_is_read_from_its_target_where_the_service_does_not_say_it() -> None:
    """As the graph shows it."""
    from adapters.history.facts import scan_fact

    scan = Scan(id="1", status=ScanStatus.QUEUED, target="npm:left-pad@1.0.0", created_at=datetime.now(UTC))
    assert scan_fact("acme", scan).ecosystem == "npm"
    assert scan_fact("acme", scan).hour == hour_of(scan.created_at)
