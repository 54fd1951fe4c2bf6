"""Write every rule in the query language of each SIEM that was asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import msgspec
from sigma.exceptions import SigmaError

from adapters.cloudsigma.local.material import RuleSet
from adapters.cloudsigma.local.siems.plain import to_elasticsearch, to_opensearch, to_splunk
from adapters.cloudsigma.local.siems.rule_text import RuleText, read_rule
from adapters.cloudsigma.local.siems.secops import to_chronicle, to_google_secops
from adapters.cloudsigma.local.siems.sentinel import to_sentinel
from adapters.cloudsigma.models import Notice, Rule, Siem

CONVERTERS: dict[Siem, Callable[[RuleText], str]] = {
    Siem.SPLUNK: to_splunk,
    Siem.SENTINEL: to_sentinel,
    Siem.ELASTICSEARCH: to_elasticsearch,
    Siem.OPENSEARCH: to_opensearch,
    Siem.CHRONICLE: to_chronicle,
    Siem.GOOGLE_SECOPS: to_google_secops,
}

_MOST_REASONS = 3
_LONGEST_REASON = 120

_INEXPRESSIBLE = (SigmaError, NotImplementedError, TypeError, ValueError)
"""What the backends raise for a rule that they can't say; the builtin ones are theirs, too."""


def convert(rules: RuleSet, siems: Sequence[Siem]) -> RuleSet:
    """Fill each rule's `queries`; a SIEM that can't express a rule gets no query for it.

    What could not be expressed is told in one notice for a SIEM, with the most frequent reasons.
    """
    missing: defaultdict[Siem, Counter[str]] = defaultdict(Counter)
    converted = tuple(_convert(rule, siems, missing) for rule in rules.rules)
    told = (_notice(siem, missing[siem]) for siem in Siem if siem in missing)
    return RuleSet(rules=converted, gaps=rules.gaps, notices=(*rules.notices, *told))


def _convert(rule: Rule, siems: Sequence[Siem], missing: defaultdict[Siem, Counter[str]]) -> Rule:
    text = read_rule(rule)
    queries = {}
    for siem in dict.fromkeys(siems):
        try:
            queries[siem.value] = CONVERTERS[siem](text)
        except _INEXPRESSIBLE as error:
            missing[siem][" ".join(str(error).split())[:_LONGEST_REASON]] += 1
    return msgspec.structs.replace(rule, queries=queries)


def _notice(siem: Siem, reasons: Counter[str]) -> Notice:
    number = reasons.total()
    told = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))[:_MOST_REASONS]
    said = "; ".join(f"{reason} ({times})" for reason, times in told)
    more = f"; and {len(reasons) - len(told)} other reasons" if len(reasons) > len(told) else ""
    return Notice(
        code="NotExpressible",
        message=f"{number} {'rules have' if number > 1 else 'rule has'} no query for {siem}: {said}{more}.",
    )
