from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan, Steady

MOONLIGHT = "https://github.com/ada/moonlight"


def test_attested_repository_of_somebody_else_is_medium(scan: Scan, published: Published) -> None:
    """A package that names one repository and was built from another is MEDIUM."""
    outcome = scan(
        "moonlight", [published("1.0.0", 0)], repository=MOONLIGHT, attested_repository="https://github.com/eve/payload"
    )
    assert outcome.findings["repository-mismatch"].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "attested", ["https://github.com/ada/moonlight-js", "https://github.com/moonlight-team/moonlight"]
)
def test_repository_that_moved_is_only_noted(scan: Scan, published: Published, attested: str) -> None:
    """Renamed, or given to an organisation: one of the two addresses is the old one."""
    outcome = scan("moonlight", [published("1.0.0", 0)], repository=MOONLIGHT, attested_repository=attested)
    assert outcome.findings["repository-mismatch"].severity is Severity.INFO


@pytest.mark.parametrize("named", [MOONLIGHT, "https://github.com/Ada/Moonlight", None])
def test_repository_that_fits_its_attestation_is_everyday(scan: Scan, published: Published, named: str | None) -> None:
    """Capitals do not matter, and the attestation alone says enough."""
    outcome = scan("moonlight", [published("1.0.0", 0)], repository=named, attested_repository=MOONLIGHT)
    assert not any(rule.startswith("repository") for rule in outcome.findings)


def test_missing_repository_is_only_noted(scan: Scan, steady: Steady) -> None:
    """Many packages name none."""
    outcome = scan("a-name-like-no-other", steady(), repository=None)
    assert outcome.findings["repository-missing"].severity is Severity.INFO
    assert outcome.score == 0


def test_typosquat_with_the_repository_of_its_model_is_high(scan: Scan, published: Published) -> None:
    """An imitation that shows the original's repository, and with it its stars, is HIGH."""
    outcome = scan("reqeusts", [published("2.0", 0)], Ecosystem.PYPI, repository="https://github.com/psf/requests")
    assert outcome.findings["repository-borrowed"].severity is Severity.HIGH


def test_new_package_with_a_strangers_popular_repository_counts_a_little(scan: Scan, published: Published) -> None:
    """A new package whose name has nothing to do with the popular repository that it names."""
    outcome = scan("quiet-harbour", [published("1.0.0", 0)], repository="https://github.com/automattic/mongoose")
    assert outcome.findings["repository-borrowed"].severity is Severity.LOW


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("mongoose-quiet-harbour", "https://github.com/automattic/mongoose"),
        ("automattic-harbour", "https://github.com/automattic/mongoose"),
        ("lodash.merge", "https://github.com/lodash/lodash"),
        ("quiet-harbour", "https://github.com/quiet-harbour/monorepo-of-ours"),
    ],
)
def test_parts_of_a_project_may_share_its_repository(
    scan: Scan, published: Published, name: str, repository: str
) -> None:
    """Plugins and parts carry the name of the repository or of its owner."""
    outcome = scan(name, [published("1.0.0", 0)], repository=repository)
    assert outcome.score == 0
