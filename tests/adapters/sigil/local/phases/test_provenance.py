from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from adapters.sigil.local.material import Attestation, Ecosystem, Package, PackageFile, Registration, Release
from adapters.sigil.local.phases.provenance import provenance
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.score import judge
from adapters.sigil.models import PhaseName, Verdict

START = datetime(2020, 1, 1, tzinfo=UTC)
RELEASES = tuple(
    Release(
        version=f"4.{number}.0",
        published_at=START + timedelta(days=40 * number),
        maintainers=("ada", "grace"),
        attestation=Attestation.MISSING,
    )
    for number in range(19)
)
EXPRESS = Package(
    ecosystem=Ecosystem.NPM,
    name="express",
    version="4.18.0",
    files=(PackageFile("package.json", b'{"name": "express", "version": "4.18.0"}'),),
    registration=Registration(releases=RELEASES, repository="https://github.com/expressjs/express"),
)
IMITATION = msgspec.structs.replace(
    EXPRESS,
    name="epxress",
    version="1.0.1",
    files=(
        PackageFile(
            "package.json", b'{"name": "epxress", "version": "1.0.1", "scripts": {"postinstall": "node setup.js"}}'
        ),
    ),
    registration=Registration(
        releases=(Release(version="1.0.1", published_at=START, maintainers=("eve",), attestation=Attestation.MISSING),),
        repository="https://github.com/expressjs/express",
    ),
)


def test_popular_package_with_an_ordinary_history_has_no_findings() -> None:
    """A well-known package as registries describe it is clean."""
    assert provenance(Scanned(EXPRESS, {}, {})) == ()


def test_signs_of_an_imitation_add_up() -> None:
    """The name, the hidden script and the borrowed repository of a new package come to CRITICAL or HIGH_RISK."""
    findings = provenance(Scanned(IMITATION, {}, {}))
    _, _, verdict = judge({PhaseName.PROVENANCE: findings})
    assert {"typosquat", "manifest-hides-script", "repository-borrowed"} <= {finding.rule for finding in findings}
    assert verdict in (Verdict.HIGH_RISK, Verdict.CRITICAL_RISK)


def test_later_releases_and_owners_change_nothing() -> None:
    """What was found of a version stays the same when the package goes on, changes hands or is given up."""
    told = IMITATION.registration
    assert told is not None
    later = Release(version="2.0.0", published_at=START + timedelta(days=900), maintainers=("mallory",))
    changed = msgspec.structs.replace(told, releases=(*told.releases, later), maintainers=("mallory",), deprecated=True)
    then = provenance(Scanned(IMITATION, {}, {}))
    now = provenance(Scanned(msgspec.structs.replace(IMITATION, registration=changed), {}, {}))
    assert then == now


def test_both_archives_of_a_release_say_the_same() -> None:
    """Findings are about the release, so that a wheel and a source archive tell them once."""
    release = Release(version="0.1", published_at=START, has_install_script=True)
    wheel = Package(
        ecosystem=Ecosystem.PYPI,
        name="reqeusts",
        version="0.1",
        archive="reqeusts-0.1-py3-none-any.whl",
        files=(PackageFile("reqeusts/__init__.py", b""),),
        registration=Registration(releases=(release,)),
    )
    source = msgspec.structs.replace(wheel, archive="reqeusts-0.1.tar.gz", files=(PackageFile("setup.py", b""),))
    findings = provenance(Scanned(wheel, {}, {}))
    assert findings
    assert findings == provenance(Scanned(source, {}, {}))


def test_local_folders_and_unregistered_packages_have_no_provenance() -> None:
    """Of what no registry knows nothing is said, whatever its name."""
    local = msgspec.structs.replace(IMITATION, ecosystem=Ecosystem.FILE)
    unregistered = msgspec.structs.replace(IMITATION, registration=None)
    assert provenance(Scanned(local, {}, {})) == ()
    assert provenance(Scanned(unregistered, {}, {})) == ()
