"""The figures of the regression benchmark, on fewer services."""

from __future__ import annotations

import pytest

from bench.regressions import Rule, after_three_hours, as_hours_come_in, looking_back, measure, plain_rule
from tests.adapters.cloudlink.cost_generator import GeneratedService, generate_services


@pytest.fixture(scope="module")
def services() -> list[GeneratedService]:
    """Sixty services, of a seed that the engine was not adjusted on."""
    return generate_services(20, 60)


@pytest.mark.parametrize("rule", [looking_back, as_hours_come_in])
def test_regressions_are_found_and_little_else(services: list[GeneratedService], rule: Rule) -> None:
    """Steps of 1.2x and more are found, deploys without effect are left alone, and the right deploy is named."""
    figures = measure(services, rule)
    assert figures.deploys > 200
    assert figures.precision >= 0.95
    assert figures.recall >= 0.90
    assert figures.false_alarms <= 0.02
    assert figures.right_deploy >= 0.95


def test_three_hours_do_with_a_little_less(services: list[GeneratedService]) -> None:
    """What they cannot tell of noisy services waits for more hours; what they tell is right."""
    figures = measure(services, after_three_hours)
    assert figures.precision >= 0.95
    assert figures.recall >= 0.8
    assert figures.false_alarms <= 0.02


def test_the_plain_rule_takes_mornings_for_regressions(services: list[GeneratedService]) -> None:
    """On the same costs the mean of a week cannot tell a deploy from the time of day."""
    assert measure(services, plain_rule).false_alarms > 0.3
