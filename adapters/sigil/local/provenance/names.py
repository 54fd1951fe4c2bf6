"""Packages with somebody else's name, and packages that nobody knows yet."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.judging import BAD, CERTAIN, DOUBTFUL, GRAVE, HINT, NOTE, SUSPICIOUS, WEAK, Judgement
from adapters.sigil.local.phases.traits import LEAVES, known_host, trusted
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.typosquatting import Likeness, Resemblance
from adapters.sigil.models import Finding


def names(case: Case) -> Iterator[Finding]:
    """Find names that resemble a widely used one, and say when a package has just appeared."""
    if case.popular:
        return
    if case.resemblance is not None:
        yield _resembles(case, case.resemblance)
    if case.history.new:
        judgement = HINT if case.runs_at_install else NOTE
        yield case.finding("new-package", judgement, f"The package appeared {_days(case)} before this release.")


def _resembles(case: Case, found: Resemblance) -> Finding:
    rule = "combosquat" if found.likeness in (Likeness.COMBINATION, Likeness.AFFIX) else "typosquat"
    description = (
        f"{case.package.name} could be taken for the widely used {found.popular}: it differs by {found.likeness}."
    )
    return case.finding(rule, _judged(case, found), description)


def _judged(case: Case, found: Resemblance) -> Judgement:
    if case.history.established or found.likeness is Likeness.COMBINATION:
        return NOTE
    if found.likeness is Likeness.AFFIX:
        return HINT if case.history.new and case.runs_at_install else NOTE
    if case.history.age is None:
        return HINT if found.sure else NOTE
    if not case.history.new:
        return DOUBTFUL if found.sure else HINT
    return _of_new(case, sure=found.sure)


def _of_new(case: Case, *, sure: bool) -> Judgement:
    if sure and _speaks(case):
        return CERTAIN
    if not case.runs_at_install:
        return BAD if sure else WEAK
    if case.package.ecosystem is Ecosystem.PYPI:  # it may be an honest package without a wheel
        return GRAVE if sure else DOUBTFUL
    return CERTAIN if sure else SUSPICIOUS


def _speaks(case: Case) -> bool:
    """Whether the package's code sends something to a host that it names."""
    sent = case.scanned.each_fact(*LEAVES)
    return any(known_host(fact) and not trusted(case.scanned, fact) for _, fact in sent)


def _days(case: Case) -> str:
    days = case.history.age.days if case.history.age else 0
    return "less than a day" if days < 1 else f"{days} days" if days > 1 else "a day"
