from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem, Release
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan


def test_new_typosquat_with_an_install_script_is_dangerous(scan: Scan, published: Published) -> None:
    """A package of yesterday, a slip away from a popular name, that runs something at installation is HIGH_RISK."""
    outcome = scan("mongose", [published("1.0.0", 0), published("1.0.1", 1, script=True)])
    assert outcome.findings["typosquat"].severity is Severity.CRITICAL
    assert "mongoose" in outcome.findings["typosquat"].description
    assert outcome.dangerous


def test_new_typosquat_that_runs_nothing_is_suspicious(scan: Scan, published: Published) -> None:
    """The name by itself is grave, but a name that was taken to protect others looks the same."""
    outcome = scan("mongose", [published("1.0.0", 0)])
    assert outcome.findings["typosquat"].severity is Severity.HIGH
    assert not outcome.dangerous
    assert outcome.score > 0


def test_similar_name_of_an_established_package_is_only_noted(scan: Scan, published: Published) -> None:
    """A package that has lived for years under its name imitates nobody, with an install script or without."""
    releases = [published(f"1.{number}.0", number * 100, script=True) for number in range(12)]
    outcome = scan("mongose", releases)
    assert outcome.findings["typosquat"].severity is Severity.INFO
    assert outcome.score == 0


def test_typosquat_counts_less_when_it_is_no_longer_new(scan: Scan, published: Published) -> None:
    """Between a month and two years the name is a doubt, not a verdict."""
    outcome = scan("mongose", [published("1.0.0", 0), published("1.1.0", 200, script=True)])
    assert outcome.findings["typosquat"].severity is Severity.MEDIUM


def test_python_package_without_a_wheel_needs_more_than_its_name(scan: Scan, published: Published) -> None:
    """Small honest packages come as a source archive alone, so that with a similar name is not enough for HIGH_RISK."""
    outcome = scan("reqeusts", [published("0.1", 0, script=True)], Ecosystem.PYPI)
    assert outcome.findings["typosquat"].severity is Severity.CRITICAL
    assert not outcome.dangerous


@pytest.mark.parametrize("script", [True, False])
def test_combosquats_weigh_next_to_nothing(scan: Scan, published: Published, *, script: bool) -> None:
    """Thousands of honest packages add a word to a popular name."""
    outcome = scan("express-greeting", [published("1.0.0", 0, script=script)])
    assert outcome.findings["combosquat"].severity is Severity.INFO
    assert outcome.score <= 1


def test_affixed_name_weighs_only_in_a_new_package_that_runs_something(scan: Scan, published: Published) -> None:
    """`twilio-npm` is everyday until it is new and runs a script, and little even then."""
    assert scan("twilio-npm", [published("1.0.0", 0)]).score == 0
    outcome = scan("twilio-npm", [published("1.0.0", 0, script=True)])
    assert outcome.findings["combosquat"].severity is Severity.LOW


def test_new_package_is_noted_and_counts_when_it_runs_something(scan: Scan, published: Published) -> None:
    """To be new is no fault; to be new and to run something at installation is worth a look."""
    assert scan("a-name-like-no-other", [published("1.0.0", 0)]).score == 0
    outcome = scan("a-name-like-no-other", [published("1.0.0", 0), published("1.0.1", 3, script=True)])
    assert outcome.findings["new-package"].severity is Severity.LOW
    assert "3 days" in outcome.findings["new-package"].description


def test_popular_package_in_its_first_days_is_not_new(scan: Scan, published: Published) -> None:
    """The early releases of what everybody uses today are not suspected for their age or name."""
    outcome = scan("preact", [published("1.0.0", 0, script=True)])
    assert outcome.findings == {}


def test_registry_without_dates_leaves_a_name_in_doubt(scan: Scan) -> None:
    """Where nothing tells how old a package is, its name counts a little."""
    outcome = scan("mongose", [Release(version="1.0.0", has_install_script=True)])
    assert outcome.findings["typosquat"].severity is Severity.LOW
