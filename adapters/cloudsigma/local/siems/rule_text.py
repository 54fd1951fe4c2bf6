"""A Sigma rule's YAML, read once and made into a fresh pySigma rule for every conversion, as each changes its rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import yaml
from sigma.rule import SigmaRule

from adapters.cloudsigma.models import Platform, Rule


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """The rule's document as YAML gave it, and the platform that it is for."""

    document: dict[str, Any]
    platform: Platform | None

    @property
    def category(self) -> str | None:
        """The log source's category."""
        category = self.document["logsource"].get("category")
        return str(category) if category else None

    @property
    def has_keywords(self) -> bool:
        """Whether it searches for words without saying in which field."""
        return any(_is_keywords(selection) for selection in self._selections.values())

    def fresh(self) -> SigmaRule:
        """Return a new pySigma rule."""
        return SigmaRule.from_dict(self.document)

    def values(self) -> dict[str, list[Any]]:
        """Return the fields that the detection asks for, without modifiers and in order, with their values."""
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for selection in self._selections.values():
            for alternative in _alternatives(selection):
                for key, value in alternative.items():
                    found[key.partition("|")[0]] += value if isinstance(value, list) else [value]
        return dict(found)

    def with_selections(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> RuleText:
        """Return the rule with `change` made to every map of fields and values."""

        def changed(selection: Any) -> Any:
            if isinstance(selection, list):
                return [changed(one) for one in selection]
            return change(selection) if isinstance(selection, dict) else selection

        return self._with({name: changed(selection) for name, selection in self._selections.items()})

    def with_keywords_in(self, field: str) -> RuleText:
        """Return the rule with its keywords searched in `field`."""
        changed = {
            name: {f"{field}|contains": selection} if _is_keywords(selection) else selection
            for name, selection in self._selections.items()
        }
        return self._with(changed)

    @property
    def _selections(self) -> dict[str, Any]:
        return {name: value for name, value in self.document["detection"].items() if name != "condition"}

    def _with(self, selections: dict[str, Any]) -> RuleText:
        detection = {**selections, "condition": self.document["detection"]["condition"]}
        return RuleText(document={**self.document, "detection": detection}, platform=self.platform)


def read_rule(rule: Rule) -> RuleText:
    """Parse the rule's YAML, which has been validated before."""
    return RuleText(document=yaml.load(rule.sigma, yaml.CSafeLoader), platform=rule.platform)


def _is_keywords(selection: Any) -> bool:
    return not _alternatives(selection)


def _alternatives(selection: Any) -> list[dict[str, Any]]:
    items = selection if isinstance(selection, list) else [selection]
    return [item for item in items if isinstance(item, dict)]
