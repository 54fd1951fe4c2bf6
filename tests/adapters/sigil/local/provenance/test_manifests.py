from __future__ import annotations

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.provenance.conftest import Scan, Steady


def _manifest(**told: object) -> dict[str, object]:
    return {"name": "moonlight", "version": "1.9.0"} | told


def test_script_that_the_registry_does_not_tell_of_is_high(scan: Scan, steady: Steady) -> None:
    """The published package.json runs a script at installation, the registry's page shows none."""
    outcome = scan("moonlight", steady(), manifest=_manifest(scripts={"postinstall": "node x.js"}))
    assert outcome.findings["manifest-hides-script"].severity is Severity.HIGH


def test_script_that_the_registry_tells_of_is_everyday(scan: Scan, steady: Steady) -> None:
    """What both say is not hidden, and neither is a script that installing from the registry does not run."""
    told = scan("moonlight", steady(script=True), manifest=_manifest(scripts={"postinstall": "node x.js"}))
    built = scan("moonlight", steady(), manifest=_manifest(scripts={"prepare": "tsc", "test": "jest", "install": ""}))
    assert told.findings == built.findings == {}


@pytest.mark.parametrize("written", [{"name": "lodash"}, {"version": "0.0.1"}])
def test_package_that_calls_itself_otherwise_is_high(scan: Scan, steady: Steady, written: dict[str, str]) -> None:
    """The archive holds another package or version than the registry says."""
    outcome = scan("moonlight", steady(), manifest=_manifest(**written))
    assert outcome.findings["manifest-names-another"].severity is Severity.HIGH


@pytest.mark.parametrize("written", ["v1.9.0", "=1.9.0", " 1.9.0 ", 19, None])
def test_other_ways_to_write_a_version_are_everyday(scan: Scan, steady: Steady, written: object) -> None:
    """The registry cleans versions when they are published."""
    assert scan("moonlight", steady(), manifest=_manifest(version=written)).findings == {}


@pytest.mark.parametrize("kind", ["dependencies", "optionalDependencies"])
def test_dependency_that_the_registry_does_not_tell_of_is_medium(scan: Scan, steady: Steady, kind: str) -> None:
    """A dependency in the published package.json that the registry does not list is told by name."""
    written = _manifest(**{kind: {"express": "4", "sneaky-thing": "1"}})
    outcome = scan("moonlight", steady(), manifest=written, dependencies=("express",))
    assert outcome.findings["manifest-hides-dependency"].severity is Severity.MEDIUM
    assert "sneaky-thing" in outcome.findings["manifest-hides-dependency"].description
    assert "express" not in outcome.findings["manifest-hides-dependency"].description


@pytest.mark.parametrize("listed", [("express", "fsevents"), None])
def test_dependencies_that_are_listed_or_unknown_are_everyday(
    scan: Scan, steady: Steady, listed: tuple[str, ...] | None
) -> None:
    """A registry that lists more, or says nothing of dependencies, hides none."""
    outcome = scan("moonlight", steady(), manifest=_manifest(dependencies={"express": "4"}), dependencies=listed)
    assert outcome.findings == {}


def test_python_packages_are_not_held_against_a_package_json(scan: Scan, steady: Steady) -> None:
    """A wheel may carry a package.json of something else."""
    outcome = scan("moonlight", steady(), Ecosystem.PYPI, manifest={"name": "a-frontend", "version": "7.0.0"})
    assert outcome.findings == {}
