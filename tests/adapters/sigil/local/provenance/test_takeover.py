from __future__ import annotations

from typing import Any

import pytest

from adapters.confidence import Confidence
from adapters.sigil.local.material import Attestation, Ecosystem, Release
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan, Steady

PRESENT = Attestation.PRESENT


def test_all_signs_in_a_patch_are_dangerous(scan: Scan, published: Published, steady: Steady) -> None:
    """A stranger ends years of silence with a patch that has a new install script and no attestation: HIGH_RISK."""
    releases = (*steady(attestation=PRESENT), published("1.9.1", 1500, "eve", script=True))
    outcome = scan("a-name-like-no-other", releases)
    assert {"revived", "new-publisher", "new-install-script", "attestation-dropped"} <= set(outcome.findings)
    assert outcome.findings["takeover"].severity is Severity.CRITICAL
    assert outcome.dangerous


def test_all_signs_in_a_new_major_are_not_enough(scan: Scan, published: Published, steady: Steady) -> None:
    """Whoever starts anew with 2.0.0 says that things are different: grave, but not HIGH_RISK by itself."""
    releases = (*steady(attestation=PRESENT), published("2.0.0", 1500, "eve", script=True))
    assert not scan("a-name-like-no-other", releases).dangerous


def test_takeover_of_a_popular_package_is_dangerous_too(scan: Scan, published: Published, steady: Steady) -> None:
    """That everybody uses a package is a reason to look, not to look away, when all signs are there."""
    releases = (*steady(attestation=PRESENT), published("1.9.1", 1500, "eve", script=True))
    assert scan("mongoose", releases).dangerous


def test_three_signs_are_grave_but_not_enough(scan: Scan, published: Published, steady: Steady) -> None:
    """Somebody revives an abandoned native module: new hands, a build at installation, MEDIUM_RISK at most."""
    outcome = scan("a-name-like-no-other", (*steady(), published("2.0.0", 1500, "eve", script=True)))
    assert outcome.findings["takeover"].severity is Severity.CRITICAL
    assert outcome.findings["takeover"].confidence is Confidence.MEDIUM
    assert not outcome.dangerous


def test_new_install_script_without_the_attestation_is_suspicious(
    scan: Scan, published: Published, steady: Steady
) -> None:
    """A stolen token publishes past the build service: the script is new and the attestation is gone."""
    outcome = scan("a-name-like-no-other", (*steady(attestation=PRESENT), published("1.9.1", 600, script=True)))
    assert outcome.findings["takeover"].severity is Severity.MEDIUM
    assert "revived" not in outcome.findings


@pytest.mark.parametrize("name", ["a-name-like-no-other", "mongoose"])
def test_release_after_years_by_the_same_hands_is_everyday(
    scan: Scan, published: Published, steady: Steady, name: str
) -> None:
    """A maintenance release of a finished package is noted and counts nothing."""
    outcome = scan(name, (*steady(), published("1.9.1", 1500)))
    assert set(outcome.findings) == {"revived"}
    assert outcome.score == 0


def test_new_hands_in_a_lively_package_are_everyday(scan: Scan, published: Published, steady: Steady) -> None:
    """Teams change: a first release by somebody new is noted and counts nothing."""
    outcome = scan("a-name-like-no-other", (*steady(), published("1.10.0", 610, "eve")))
    assert set(outcome.findings) == {"new-publisher"}
    assert outcome.score == 0


def test_publisher_who_was_a_maintainer_before_is_not_new(scan: Scan, published: Published, steady: Steady) -> None:
    """Whoever was among the maintainers of an earlier release may publish the next one."""
    shared = Release(version="1.9.1", published_at=published("1.9.1", 580).published_at, maintainers=("ada", "eve"))
    outcome = scan("a-name-like-no-other", (*steady(), shared, published("1.10.0", 610, "eve")))
    assert "new-publisher" not in outcome.findings


def test_attested_release_has_no_new_publisher(scan: Scan, published: Published, steady: Steady) -> None:
    """A build service publishes with an attestation, whoever is listed first."""
    releases = (*steady(), published("1.10.0", 610, "release-bot", PRESENT))
    assert "new-publisher" not in scan("a-name-like-no-other", releases).findings


def test_install_script_that_was_there_before_is_everyday(scan: Scan, published: Published, steady: Steady) -> None:
    """A native package builds at every release."""
    outcome = scan("a-name-like-no-other", (*steady(script=True), published("1.9.1", 600, script=True)))
    assert outcome.findings == {}


def test_new_install_script_weighs_more_in_a_patch(scan: Scan, published: Published, steady: Steady) -> None:
    """A version that only claims to fix something has less reason to run something at installation."""
    patch = scan("a-name-like-no-other", (*steady(), published("1.9.1", 600, script=True)))
    major = scan("a-name-like-no-other", (*steady(), published("2.0.0", 600, script=True)))
    assert patch.findings["new-install-script"].severity is Severity.MEDIUM
    assert major.findings["new-install-script"].severity is Severity.LOW


def test_python_source_archive_is_no_new_install_script(scan: Scan, published: Published, steady: Steady) -> None:
    """A release without a wheel is everyday among Python packages."""
    releases = (*steady(), published("1.9.1", 600, script=True))
    assert "new-install-script" not in scan("a-name-like-no-other", releases, Ecosystem.PYPI).findings


def test_first_release_has_changed_nothing(scan: Scan, published: Published) -> None:
    """A package that starts with an install script is not taken over."""
    outcome = scan("a-name-like-no-other", [published("1.0.0", 0, script=True)])
    assert set(outcome.findings) == {"new-package"}


def _with_dependency(name: str) -> dict[str, object]:
    return {"name": "a-name-like-no-other", "version": "1.9.1", "dependencies": {name: "^1.0.0"}}


@pytest.mark.parametrize("changed", [{"by": "eve"}, {"script": True}])
def test_unused_dependency_past_the_pipeline_is_dangerous(
    scan: Scan, published: Published, steady: Steady, changed: dict[str, Any]
) -> None:
    """A patch without the attestation, by new hands or with a script, only adds what no file speaks of: HIGH_RISK."""
    releases = (*steady(attestation=PRESENT), published("1.9.1", 600, **changed))
    outcome = scan("a-name-like-no-other", releases, manifest=_with_dependency("plain-hash-native"))
    assert outcome.findings["takeover"].severity is Severity.CRITICAL
    assert outcome.dangerous


@pytest.mark.parametrize("name", ["plain-hash-native", "@types/node", "lodash"])
def test_unused_dependency_by_itself_is_everyday(scan: Scan, steady: Steady, name: str) -> None:
    """Types, well-known packages, and those that only a manifest names, are noted at most."""
    manifest = {**_with_dependency(name), "version": "1.9.0"}
    outcome = scan("a-name-like-no-other", steady(), manifest=manifest, dependencies=(name,))
    assert outcome.score == 0
    assert ("unused-dependency" in outcome.findings) is (name == "plain-hash-native")
