"""A package's releases up to the scanned one: all ages are counted back from that, so that they stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from adapters.sigil.local.material import Attestation, Package, Release

_NUMBERS = re.compile(r"v?(?:\d+!)?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_STABLE_REST = re.compile(r"(?:\.\d+)*(?:\.?post\d+)?(?:\+.*)?")
_YEAR = timedelta(days=365)
_MONTH = timedelta(days=30)
_FEW_RELEASES = 5
_MANY_RELEASES = 20
_CALENDAR = range(1990, 2101)


@dataclass(frozen=True, order=True)
class Number:
    """The numbers at the head of a version."""

    major: int
    minor: int
    patch: int

    @property
    def calendar(self) -> bool:
        """Whether it counts by dates: 2024.1, 20240131."""
        return int(str(self.major)[:4]) in _CALENDAR


@dataclass(frozen=True)
class History:
    """The scanned release and those published before it, oldest first; `current` None where the registry knows none."""

    current: Release | None
    earlier: tuple[Release, ...]

    @cached_property
    def age(self) -> timedelta | None:
        """How long the package had existed when the release was published; None where the registry has no dates."""
        dates = [release.published_at for release in (*self.earlier, self.current) if release and release.published_at]
        if self.current is None or self.current.published_at is None:
            return None
        return self.current.published_at - min(dates)

    @cached_property
    def pause(self) -> timedelta | None:
        """How long nothing had been published before the release; None for the first."""
        dates = [release.published_at for release in self.earlier if release.published_at]
        if not dates or self.current is None or self.current.published_at is None:
            return None
        return self.current.published_at - max(dates)

    @property
    def new(self) -> bool:
        """Whether the package had just appeared."""
        return self.age is not None and self.age < _MONTH

    @property
    def established(self) -> bool:
        """Whether people had time to find out what the package is."""
        if self.age is None:
            return False
        return self.age >= 2 * _YEAR or (self.age >= _YEAR / 2 and len(self.earlier) >= _MANY_RELEASES)

    @property
    def dormant(self) -> bool:
        """Whether the release ends a year or more of silence, in a package that had several before."""
        return self.pause is not None and self.pause >= _YEAR and len(self.earlier) >= _FEW_RELEASES

    @cached_property
    def line(self) -> tuple[Release, ...]:
        """Earlier releases with lower versions, the lowest first: those of the same major number if there are any."""
        own = _place(self.current) if self.current else None
        if own is None:
            return ()
        lower = [(place, release) for release in self.earlier if (place := _place(release)) and place < own]
        same = [each for each in lower if each[0][0].major == own[0].major]
        return tuple(release for _, release in sorted(same or lower, key=lambda each: each[0]))


def history(package: Package) -> History:
    """Sort a package's releases into the scanned one and those before it."""
    releases: Sequence[Release] = package.registration.releases if package.registration else ()
    current = next((release for release in releases if release.version == package.version), None)
    if current is None:
        return History(None, ())
    if current.published_at is None:
        return History(current, ())
    now = current.published_at
    before = [(release.published_at, release) for release in releases if release.published_at]
    return History(
        current, tuple(release for moment, release in sorted(before, key=lambda each: each[0]) if moment < now)
    )


def number(version: str) -> Number | None:
    """Read the numbers of a version, those left out as 0; None where it starts with none."""
    found = _NUMBERS.match(version)
    if found is None:
        return None
    return Number(*(int(part or 0) for part in found.groups()))


def stable(version: str) -> bool:
    """Whether a version is no preview: `1.2.0`, not `1.2.0-rc.1` or `1.2.0rc1`."""
    found = _NUMBERS.match(version)
    return found is not None and _STABLE_REST.fullmatch(version, found.end()) is not None


def _place(release: Release) -> tuple[Number, bool, str] | None:
    """Order releases by their versions, previews before what they precede."""
    found = number(release.version)
    return (found, stable(release.version), release.version) if found else None


def was_attested(releases: Sequence[Release], least: int) -> bool:
    """Whether each of the last `least` releases had a provenance attestation."""
    last = [release.attestation for release in releases[-least:]]
    return len(last) == least and all(attestation is Attestation.PRESENT for attestation in last)
