"""Signs that somebody else publishes under a known name: each is everyday, several at once are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.sigil.local.material import Attestation, Ecosystem
from adapters.sigil.local.phases.judging import CERTAIN, DOUBTFUL, GRAVE, HINT, NOTE, SUSPICIOUS, Judgement
from adapters.sigil.local.provenance.attestations import attestation_dropped
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.dependencies import unused_dependencies
from adapters.sigil.local.provenance.history import number
from adapters.sigil.models import Finding

_LAST_RELEASES = 3
_PAIR = 2
_ALL_SIGNS = 4
_UNUSED = "unused-dependency"
_PROVEN = frozenset({"attestation-dropped", _UNUSED})
"""Signs that together, beside one more, are no accident: a build past the pipeline that only fetches something."""


@dataclass(frozen=True)
class Sign:
    """Something that has changed with this release, and how it is judged by itself."""

    rule: str
    description: str
    alone: Judgement


def takeover(case: Case) -> Iterator[Finding]:
    """Find what has changed with this release, and judge it together."""
    signs = tuple(_signs(case))
    for sign in signs:
        yield case.finding(sign.rule, sign.alone, sign.description)
    judgement = _together(case, {sign.rule for sign in signs})
    if judgement is not None:
        yield case.finding("takeover", judgement, "With this release " + "; ".join(sign.description for sign in signs))


def _signs(case: Case) -> Iterator[Sign]:
    history = case.history
    if history.dormant and history.pause is not None:
        yield Sign("revived", f"The release ends {history.pause.days} days of silence.", NOTE)
    if publisher := _new_publisher(case):
        yield Sign("new-publisher", f"{publisher} published none of the earlier releases.", NOTE)
    if _script_is_new(case):
        patch = _within_minor(case)
        yield Sign(
            "new-install-script", "Installing runs a script, which it did not before.", DOUBTFUL if patch else HINT
        )
    if attestation_dropped(case):
        yield Sign(
            "attestation-dropped", "The releases before had a provenance attestation, this one has none.", DOUBTFUL
        )
    if unused := unused_dependencies(case):
        yield Sign(_UNUSED, f"No file of the package speaks of its dependency {', '.join(unused)}.", NOTE)


def _together(case: Case, signs: set[str]) -> Judgement | None:
    if (len(signs) >= _ALL_SIGNS or (signs > _PROVEN)) and _within_minor(case):
        return CERTAIN
    signs -= {_UNUSED}
    if len(signs) > _PAIR:
        return GRAVE if "new-install-script" in signs else SUSPICIOUS
    if len(signs) < _PAIR or case.popular:
        return None
    return DOUBTFUL if signs & {"new-install-script", "attestation-dropped"} else HINT


def _new_publisher(case: Case) -> str | None:
    """Name who published this release and had nothing to do with any before; build services publish with proof."""
    current, earlier = case.history.current, [release for release in case.history.earlier if release.maintainers]
    if current is None or not current.maintainers or not earlier or current.attestation is Attestation.PRESENT:
        return None
    publisher = current.maintainers[0]
    return None if any(publisher in release.maintainers for release in earlier) else publisher


def _script_is_new(case: Case) -> bool:
    """Whether npm runs a script that it did not for the last releases; wheels of Python run none."""
    current, before = case.history.current, case.history.line[-_LAST_RELEASES:]
    if case.package.ecosystem is not Ecosystem.NPM or current is None or not before:
        return False
    return current.has_install_script and not any(release.has_install_script for release in before)


def _within_minor(case: Case) -> bool:
    """Whether the release only claims to fix something: there was one with the same two first numbers."""
    own = number(case.package.version)
    before = (number(release.version) for release in case.history.earlier)
    return own is not None and any(each and each.major == own.major and each.minor == own.minor for each in before)
