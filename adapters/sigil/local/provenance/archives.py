"""Where a Python release's wheel and its source archive differ: people read the one and install the other."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.sigil.local.code.facts import Behaviour, Fact
from adapters.sigil.local.phases.judging import DOUBTFUL, SUSPICIOUS, Rule, finding
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import Finding

_RULE = Rule("wheel-beyond-source", "The wheel runs code when it is imported that the source archive does not have.")
_DANGEROUS = frozenset(
    (
        Behaviour.CONNECTS_BACK,
        Behaviour.DOWNLOADS,
        Behaviour.LOOKS_UP_NAME,
        Behaviour.READS_SECRET_FILE,
        Behaviour.RUNS_CODE,
        Behaviour.RUNS_SHELL,
        Behaviour.SENDS,
        Behaviour.WRITES_STARTUP,
    )
)


def wheel_additions(wheel: Scanned, source: Scanned) -> tuple[Finding, ...]:
    """Find what a wheel does at import and its source archive does not; files that a build writes do nothing of it."""
    return tuple(_additions(wheel, source))


def _additions(wheel: Scanned, source: Scanned) -> Iterator[Finding]:
    for path in sorted(wheel.facts):
        doing = tuple(_at_import(wheel, path))
        if not doing:
            continue
        twins = [other for other in source.paths if other == path or other.endswith(f"/{path}")]
        done = {_deed(fact) for twin in twins for fact in _at_import(source, twin)}
        added = [fact for fact in doing if _deed(fact) not in done]
        if added:
            judgement = DOUBTFUL if twins else SUSPICIOUS
            yield finding(_RULE, judgement, path, added[0].line, added[0].snippet)


def _at_import(scanned: Scanned, path: str) -> Iterator[Fact]:
    known = scanned.facts.get(path)
    for fact in known.facts if known else ():
        if fact.at_load and fact.behaviour in _DANGEROUS:
            yield fact


def _deed(fact: Fact) -> tuple[Behaviour, str]:
    return fact.behaviour, fact.detail
