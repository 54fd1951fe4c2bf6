from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan

SCRIPTED = {"name": "acme-internal-auth", "version": "99.9.9", "scripts": {"preinstall": "node index.js"}}


def test_huge_first_version_with_an_install_script_is_dangerous(scan: Scan, published: Published) -> None:
    """99.9.9 of a new package that runs a script is how a private package is replaced from outside."""
    outcome = scan("acme-internal-auth", [published("99.9.9", 0, script=True)], manifest=SCRIPTED)
    assert outcome.findings["dependency-confusion-version"].severity is Severity.CRITICAL
    assert outcome.dangerous


@pytest.mark.parametrize("version", ["99.99.99", "66.0.0", "1000.0.0", "9999.1.2"])
def test_huge_first_version_that_runs_nothing_is_a_doubt(scan: Scan, published: Published, version: str) -> None:
    """A company that protects its own name publishes the same number without a script."""
    outcome = scan("acme-internal-auth", [published(version, 0)])
    assert outcome.findings["dependency-confusion-version"].severity is Severity.MEDIUM
    assert not outcome.dangerous


@pytest.mark.parametrize("version", ["2026.1.0", "20260131.0.0", "1.0.0", "24.0.0"])
def test_calendar_and_ordinary_numbers_are_everyday(scan: Scan, published: Published, version: str) -> None:
    """Versions that count by dates, and such as many projects reach, say nothing."""
    outcome = scan("acme-internal-auth", [published(version, 0)])
    assert "dependency-confusion-version" not in outcome.findings


def test_number_that_grew_is_everyday(scan: Scan, published: Published) -> None:
    """A package that follows a browser comes to 120 by way of 119."""
    releases = [published(f"{number}.0.0", (number - 100) * 28) for number in range(100, 121)]
    assert "dependency-confusion-version" not in scan("a-driver-like-no-other", releases).findings


def test_jump_of_many_majors_is_told(scan: Scan, published: Published) -> None:
    """From 1.2 to 31.0 within weeks counts a little; the next major number does not."""
    jumped = scan("a-name-like-no-other", [published("1.2.0", 0), published("31.0.0", 20)])
    assert jumped.findings["version-jump"].severity is Severity.LOW
    ordinary = scan("a-name-like-no-other", [published("1.2.0", 0), published("2.0.0", 20)])
    assert "version-jump" not in ordinary.findings


def test_move_from_calendar_versions_is_no_jump(scan: Scan, published: Published) -> None:
    """Whoever gives up 2023.1 for 24.0 has not jumped."""
    assert (
        "version-jump" not in scan("a-name-like-no-other", [published("2023.1.0", 0), published("24.0.0", 9)]).findings
    )


def test_single_calendar_version_hides_no_jump(scan: Scan, published: Published) -> None:
    """A release numbered by a date in between does not make 40.0.0 the successor of 2019.1."""
    releases = [published("1.2.0", 0), published("2019.1.0", 5), published("40.0.0", 20)]
    assert "version-jump" in scan("a-name-like-no-other", releases).findings


def test_heap_of_releases_of_a_new_package_is_told(scan: Scan, published: Published) -> None:
    """Six releases within minutes count a little in a new package; previews, or over days, or later, do not."""
    minutes = [published(f"1.0.{number}", number / 1440) for number in range(6)]
    previews = [published(f"1.0.0-rc.{number}", number / 1440) for number in range(6)]
    days = [published(f"1.0.{number}", number) for number in range(6)]
    later = [published("0.1.0", -60), *minutes]
    assert scan("a-name-like-no-other", minutes).findings["release-burst"].severity is Severity.LOW
    assert "release-burst" not in scan("a-name-like-no-other", previews).findings
    assert "release-burst" not in scan("a-name-like-no-other", days).findings
    assert "release-burst" not in scan("a-name-like-no-other", later).findings


def test_python_epochs_are_not_numbers_of_versions(scan: Scan, published: Published) -> None:
    """In `1!2.0` the version is 2.0, and a version without numbers is passed over."""
    assert scan("a-name-like-no-other", [published("99!2.0", 0)], Ecosystem.PYPI).score == 0
    assert scan("a-name-like-no-other", [published("latest", 0)]).score == 0
