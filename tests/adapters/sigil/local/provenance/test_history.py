from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.sigil.local.material import Ecosystem, Package, Registration, Release
from adapters.sigil.local.provenance.history import Number, history, number, stable
from tests.adapters.sigil.local.provenance.conftest import Published, Steady


def _package(version: str, releases: tuple[Release, ...]) -> Package:
    return Package(
        ecosystem=Ecosystem.NPM,
        name="moonlight",
        version=version,
        files=(),
        registration=Registration(releases=releases),
    )


def test_ages_are_counted_from_the_scanned_release(steady: Steady) -> None:
    """What was published later does not change how old a package was, nor how long it had been silent."""
    early, late = (history(_package("1.2.0", steady(count))) for count in (3, 10))
    assert early == late
    assert late.age == timedelta(days=120)
    assert late.pause == timedelta(days=60)


def test_first_release_has_no_pause(steady: Steady) -> None:
    """The first release is new, has age zero and ends no silence."""
    first = history(_package("1.0.0", steady()))
    assert (first.age, first.pause, first.new, first.dormant) == (timedelta(0), None, True, False)


@pytest.mark.parametrize(
    ("count", "every", "established"), [(2, 800, True), (25, 10, True), (5, 60, False), (25, 2, False)]
)
def test_established_means_years_or_many_releases(
    steady: Steady, count: int, every: float, *, established: bool
) -> None:
    """Two years are enough, or half a year with twenty releases; a fast start is not."""
    releases = steady(count, every)
    assert history(_package(releases[-1].version, releases)).established is established


def test_line_holds_lower_versions_of_the_same_major(published: Published) -> None:
    """A fix for 1.x follows 1.x, whatever came between, in the order of versions."""
    releases = (
        published("1.9.0", 1),
        published("1.10.0-rc.1", 2),
        published("1.10.0", 3),
        published("2.0.0", 4),
        published("1.11.0-beta.1", 4.5),
        published("1.10.1", 5),
        published("1.10.2", 6),
    )
    line = history(_package("1.10.1", releases)).line
    assert [release.version for release in line] == ["1.9.0", "1.10.0-rc.1", "1.10.0"]


def test_line_leaves_older_majors_aside(published: Published) -> None:
    """2.0.1 is compared with 2.0.0, not with 1.x."""
    releases = (published("1.0.0", 1), published("2.0.0", 2), published("2.0.1", 3))
    assert [release.version for release in history(_package("2.0.1", releases)).line] == ["2.0.0"]


def test_first_of_a_major_follows_the_majors_before(published: Published) -> None:
    """2.0.0 has no releases of its own number to be compared with."""
    releases = (published("1.0.0", 1), published("2.0.0", 2))
    assert [release.version for release in history(_package("2.0.0", releases)).line] == ["1.0.0"]


@pytest.mark.parametrize("releases", [(), (Release(version="1.0.0"),)])
def test_unknown_release_or_dates_tell_nothing(releases: tuple[Release, ...]) -> None:
    """A registry that knows no release, or no dates, makes nothing new, old or dormant."""
    known = history(_package("1.0.0", releases))
    assert (known.age, known.pause, known.new, known.established, known.dormant) == (None, None, False, False, False)


@pytest.mark.parametrize(
    ("version", "read"),
    [
        ("1.2.3", Number(1, 2, 3)),
        ("v4", Number(4, 0, 0)),
        ("2!3.1", Number(3, 1, 0)),
        ("1.2.3-rc.1", Number(1, 2, 3)),
        ("2024.1.dev2", Number(2024, 1, 0)),
        ("latest", None),
    ],
)
def test_numbers_are_read_as_npm_and_python_write_them(version: str, read: Number | None) -> None:
    """What is left out is 0, an epoch is left out, and text has no number."""
    assert number(version) == read


@pytest.mark.parametrize(
    ("version", "released"),
    [
        ("1.2.3", True),
        ("1.2.3.4", True),
        ("1.0.post1", True),
        ("1.0+build", True),
        ("1.0rc1", False),
        ("1.0.0-next.1", False),
    ],
)
def test_previews_are_not_stable(version: str, *, released: bool) -> None:
    """Candidates, nightlies and the like are previews; builds and post-releases are not."""
    assert stable(version) is released
