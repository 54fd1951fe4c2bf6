"""Rules that look for a report's indicators themselves, by what each platform's logs can show of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from adapters.cloudsigma.local.ioc_sights import SIGHTS, SORT_OF_TYPE, Sight, Sort
from adapters.cloudsigma.local.sigma_rule import Selection, SigmaRule, to_model
from adapters.cloudsigma.models import Ioc, Platform, Rule, RuleKind

MOST_VALUES = 100
"""Indicators in one rule; a longer list gives several rules."""

DATE = "2026-11-22"
"""The day on which the templates were last changed; a rule never carries the day it was made."""


class _Manner(msgspec.Struct, frozen=True):
    """What the rules for one sort of indicator have in common."""

    level: str
    tactic: str
    falsepositives: tuple[str, ...]


_SHARED_HOST = ("Services that share the host with the reported one, or that were given it since",)
_FILE = _Manner("high", "attack.execution", ("Unlikely",))
_MANNERS = {
    Sort.ADDRESS: _Manner("medium", "attack.command-and-control", _SHARED_HOST),
    Sort.DOMAIN: _Manner("high", "attack.command-and-control", _SHARED_HOST),
    Sort.URL: _Manner("high", "attack.command-and-control", ("Scripts that check a list of reported addresses",)),
    Sort.MD5: _FILE,
    Sort.SHA1: _FILE,
    Sort.SHA256: _FILE,
    Sort.FILE_PATH: _Manner("medium", "attack.execution", ("Programs that use the same folder and name",)),
}


def ioc_rules(iocs: Sequence[Ioc], platforms: Sequence[Platform], *, watermark: bool) -> tuple[Rule, ...]:
    """Return the rules that find `iocs` on those of `platforms` that can see them.

    One rule for a sort of indicator on a platform, more for over `MOST_VALUES`; the same input gives the same rules.
    """
    asked = frozenset(platforms)
    return tuple(
        to_model(rule, kind=RuleKind.IOC, platform=sight.platform)
        for sight in SIGHTS
        if sight.platform in asked
        for rule in _rules(sight, iocs, watermark=watermark)
    )


def _rules(sight: Sight, iocs: Sequence[Ioc], *, watermark: bool) -> Iterator[SigmaRule]:
    visible = [ioc for ioc in iocs if SORT_OF_TYPE.get(ioc.type) is sight.sort and sight.fields[0][1](ioc) is not None]
    for start in range(0, len(visible), MOST_VALUES):
        part = start // MOST_VALUES + 1
        title = sight.title if part == 1 else f"{sight.title} - Part {part}"
        yield _rule(sight, visible[start : start + MOST_VALUES], title, watermark=watermark)


def _rule(sight: Sight, iocs: Sequence[Ioc], title: str, *, watermark: bool) -> SigmaRule:
    manner = _MANNERS[sight.sort]
    return SigmaRule(
        title=title,
        description=f"Finds indicators that a threat report named ({', '.join(dict.fromkeys(i.type for i in iocs))}).",
        logsource=sight.logsource,
        selections={"selection": _selection(sight, iocs)},
        condition="selection",
        date=DATE,
        level=manner.level,
        tags=(manner.tactic, "detection.emerging-threats"),
        falsepositives=manner.falsepositives,
        watermark=watermark,
    )


def _selection(sight: Sight, iocs: Sequence[Ioc]) -> Selection:
    alternatives = [
        {**sight.within, field: list(dict.fromkeys(value for ioc in iocs if (value := form(ioc))))}
        for field, form in sight.fields
    ]
    return alternatives[0] if len(alternatives) == 1 else alternatives
