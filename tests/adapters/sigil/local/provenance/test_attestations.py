from __future__ import annotations

import pytest

from adapters.sigil.local.material import Attestation
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan, Steady


def test_attestation_of_other_bytes_is_high(scan: Scan, published: Published, steady: Steady) -> None:
    """An attestation that does not fit the archive is HIGH by itself; one that fits is no finding."""
    lying = scan("a-name-like-no-other", (*steady(), published("1.10.0", 600, attestation=Attestation.INVALID)))
    fitting = scan("a-name-like-no-other", (*steady(), published("1.10.0", 600, attestation=Attestation.PRESENT)))
    assert lying.findings["attestation-invalid"].severity is Severity.HIGH
    assert fitting.findings == {}


def test_attestation_that_is_dropped_is_medium(scan: Scan, published: Published, steady: Steady) -> None:
    """Where the last releases had one, a release without is MEDIUM."""
    releases = (*steady(attestation=Attestation.PRESENT), published("1.10.0", 600))
    assert scan("a-name-like-no-other", releases).findings["attestation-dropped"].severity is Severity.MEDIUM


@pytest.mark.parametrize("now", [Attestation.PRESENT, Attestation.UNKNOWN])
def test_attestation_that_may_be_there_is_not_dropped(
    scan: Scan, published: Published, steady: Steady, now: Attestation
) -> None:
    """What the registry does not tell is not held against a release."""
    releases = (*steady(attestation=Attestation.PRESENT), published("1.10.0", 600, attestation=now))
    assert scan("a-name-like-no-other", releases).findings == {}


def test_package_that_never_had_attestations_drops_none(scan: Scan, published: Published, steady: Steady) -> None:
    """Most packages have none, and some tried it once."""
    tried = published("1.9.1", 560, attestation=Attestation.PRESENT)
    assert scan("a-name-like-no-other", (*steady(), published("1.10.0", 600))).findings == {}
    assert scan("a-name-like-no-other", (*steady(), tried, published("1.10.0", 600))).findings == {}


def test_older_line_is_compared_with_its_own_releases(scan: Scan, published: Published, steady: Steady) -> None:
    """A fix for 1.x, published by hand as ever, is not compared with the attested 2.x."""
    newer = [published(f"2.{number}.0", 700 + number, attestation=Attestation.PRESENT) for number in range(5)]
    assert scan("a-name-like-no-other", (*steady(), *newer, published("1.9.1", 800))).findings == {}
