"""Releases of packages as registries tell of them, made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from adapters.sigil.local.material import Attestation, Ecosystem, Package, PackageFile, Registration, Release
from adapters.sigil.local.phases.provenance import provenance
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.score import judge
from adapters.sigil.models import Finding, PhaseName, Verdict

START = datetime(2020, 1, 1, tzinfo=UTC)


class Published(Protocol):
    def __call__(
        self,
        version: str,
        days: float,
        by: str = "ada",
        attestation: Attestation = Attestation.MISSING,
        *,
        script: bool = False,
    ) -> Release: ...


class Scan(Protocol):
    def __call__(
        self,
        name: str,
        releases: Sequence[Release],
        ecosystem: Ecosystem = Ecosystem.NPM,
        manifest: Mapping[str, object] | None = None,
        version: str = "",
        **told: object,
    ) -> Outcome: ...


class Steady(Protocol):
    def __call__(
        self,
        count: int = 10,
        every: float = 60,
        attestation: Attestation = Attestation.MISSING,
        *,
        script: bool = False,
    ) -> tuple[Release, ...]: ...


class Outcome:
    """What provenance says of a release, and what that alone makes of the score."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = {finding.rule: finding for finding in findings}
        self.phases, self.score, self.verdict = judge({PhaseName.PROVENANCE: findings})

    @property
    def dangerous(self) -> bool:
        return self.verdict in (Verdict.HIGH_RISK, Verdict.CRITICAL_RISK)


@pytest.fixture
def published() -> Published:
    """A release, so many days after the package's first day."""

    def release(
        version: str,
        days: float,
        by: str = "ada",
        attestation: Attestation = Attestation.MISSING,
        *,
        script: bool = False,
    ) -> Release:
        return Release(
            version=version,
            published_at=START + timedelta(days=days),
            maintainers=(by,),
            attestation=attestation,
            has_install_script=script,
        )

    return release


@pytest.fixture
def steady(published: Published) -> Steady:
    """Releases 1.0.0, 1.1.0 … at a distance of so many days, all by the same hands."""

    def releases(
        count: int = 10, every: float = 60, attestation: Attestation = Attestation.MISSING, *, script: bool = False
    ) -> tuple[Release, ...]:
        return tuple(
            published(f"1.{number}.0", number * every, attestation=attestation, script=script)
            for number in range(count)
        )

    return releases


@pytest.fixture
def scan() -> Scan:
    """Judge the last of some releases, or the one of a version."""

    def outcome(
        name: str,
        releases: Sequence[Release],
        ecosystem: Ecosystem = Ecosystem.NPM,
        manifest: Mapping[str, object] | None = None,
        version: str = "",
        **told: object,
    ) -> Outcome:
        told = {"repository": f"https://github.com/someone/{name.rpartition('/')[2]}"} | told
        chosen = version or releases[-1].version
        written = {"name": name, "version": chosen} if manifest is None else manifest
        package = Package(
            ecosystem=ecosystem,
            name=name,
            version=chosen,
            files=(PackageFile("package.json", json.dumps(written).encode()),),
            registration=Registration(releases=tuple(releases), **told),  # type: ignore[arg-type] # handed on
        )
        return Outcome(provenance(Scanned(package, {}, {})))

    return outcome
