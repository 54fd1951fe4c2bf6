"""Version numbers that are meant to win against a private package's, and releases that come in heaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from adapters.sigil.local.phases.judging import BAD, CERTAIN, DOUBTFUL, HINT, NOTE, Judgement
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.history import Number, number, stable
from adapters.sigil.models import Finding

_HUGE = 50
_ORDINARY = 20
_JUMP = 10
_HEAP = 5
_MOMENT = timedelta(minutes=10)


def versions(case: Case) -> Iterator[Finding]:
    """Find numbers and rhythms of releases that people who write software do not come to."""
    own = number(case.package.version)
    if own is None or case.popular:
        return
    before = [found for release in case.history.earlier if (found := number(release.version)) and not found.calendar]
    highest = max(before, default=None)
    if not own.calendar:
        yield from _inflated(case, own, highest)
        yield from _jumped(case, own, highest)
    yield from _heaped(case)


def _inflated(case: Case, own: Number, highest: Number | None) -> Iterator[Finding]:
    """Find huge numbers: such a package is installed in the place of a private one with the same name."""
    if own.major < _HUGE or (highest and highest.major >= _ORDINARY and not case.history.new):
        return
    description = f"Version {case.package.version} is so high that it would win against a private package of this name."
    yield case.finding("dependency-confusion-version", _judged(case), description)


def _judged(case: Case) -> Judgement:
    if case.history.established:
        return NOTE
    if not case.history.new:
        return HINT
    return CERTAIN if case.install_scripts else BAD if case.runs_at_install else DOUBTFUL


def _jumped(case: Case, own: Number, highest: Number | None) -> Iterator[Finding]:
    if highest is None or own.major >= _HUGE or own.major - highest.major < _JUMP:
        return
    description = f"The version jumps from {highest.major}.{highest.minor}.{highest.patch} to {case.package.version}."
    yield case.finding("version-jump", NOTE if case.history.established else HINT, description)


def _heaped(case: Case) -> Iterator[Finding]:
    """Count a new package's releases in the minutes before; previews and several lines at once are everyday."""
    now = case.history.current.published_at if case.history.current else None
    if now is None or not case.history.new:
        return
    heap = [
        release.version
        for release in case.history.line
        if release.published_at and now - release.published_at <= _MOMENT and stable(release.version)
    ]
    if len(heap) >= _HEAP - 1:
        description = f"{len(heap) + 1} releases within {_MOMENT.seconds // 60} minutes."
        yield case.finding("release-burst", HINT, description)
