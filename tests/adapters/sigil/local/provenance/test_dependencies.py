from __future__ import annotations

import pytest

from adapters.confidence import Confidence
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Published, Scan, Steady


def _manifest(address: str) -> dict[str, object]:
    return {"name": "moonlight", "version": "1.9.0", "dependencies": {"base": address}}


@pytest.mark.parametrize("address", ["http://files.invalid/base.tgz", "git://files.invalid/base.git"])
def test_plain_address_of_a_young_package_is_critical(scan: Scan, published: Published, address: str) -> None:
    """What comes unencrypted from no registry may be another thing at each installation."""
    outcome = scan("moonlight", (published("1.9.0", 0),), manifest=_manifest(address), dependencies=("base",))
    assert outcome.findings["url-dependency"].severity is Severity.CRITICAL
    assert address in outcome.findings["url-dependency"].description


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("http://files.invalid/base.tgz", Severity.CRITICAL),
        ("https://files.invalid/base.tgz", Severity.MEDIUM),
        ("git+ssh://git@github.com/them/base.git", Severity.INFO),
        ("https://codeload.github.com/them/base/tar.gz/v1", Severity.INFO),
    ],
)
def test_addresses_of_an_old_package(scan: Scan, steady: Steady, address: str, severity: Severity) -> None:
    """A code host keeps what was there; a package that has been kept for years is trusted further."""
    outcome = scan("moonlight", steady(40), manifest=_manifest(address), dependencies=("base",))
    found = outcome.findings["url-dependency"]
    assert (found.severity, found.confidence) != (Severity.CRITICAL, Confidence.HIGH)
    assert found.severity is severity


@pytest.mark.parametrize(
    "wanted", ["^1.0.0", "npm:other@1", "file:../base", "https://registry.npmjs.org/base/-/base-1.tgz"]
)
def test_what_a_registry_holds_is_everyday(scan: Scan, steady: Steady, wanted: str) -> None:
    """Ranges, aliases, folders and the registry's own archives are told of elsewhere or not at all."""
    assert scan("moonlight", steady(), manifest=_manifest(wanted), dependencies=("base",)).findings == {}


def test_packages_for_python_require_no_address(scan: Scan, steady: Steady) -> None:
    """A package.json in a Python package installs nothing."""
    outcome = scan("moonlight", steady(), Ecosystem.PYPI, manifest=_manifest("http://files.invalid/base.tgz"))
    assert "url-dependency" not in outcome.findings
