"""A Sigma rule as data, and its YAML text: SigmaHQ's field order, an id made from the content."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence

import msgspec
import yaml

from adapters.cloudsigma.models import Platform, Rule, RuleKind

AUTHOR = "CloudSigma"

Value = str | int | bool | None | Sequence[str | int]
Selection = Mapping[str, Value] | Sequence[Mapping[str, Value] | str]

_NAMESPACE = uuid.UUID("6f6e3c0a-6d0b-5d0e-9a55-1d1f0c2b7a41")
_WATERMARK = {"_cloudsigma": {"watermark": True}}
_SPECIAL = re.compile(r"\\(?=[\\*?])|[*?]")


class LogSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a rule's events come from, in the words of Sigma's taxonomy."""

    product: str | None = None
    category: str | None = None
    service: str | None = None
    definition: str | None = None


class SigmaRule(msgspec.Struct, frozen=True, kw_only=True):
    """All fields of a rule but its id; a key of a selection is a field with its modifiers, such as `Image|endswith`."""

    title: str
    description: str
    logsource: LogSource
    selections: dict[str, Selection]
    condition: str
    date: str
    level: str = "medium"
    status: str = "experimental"
    references: tuple[str, ...] = ()
    author: str = AUTHOR
    tags: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ("Unknown",)
    watermark: bool = False


class _Quoted(str):
    """A value of a detection: always written in quotes, as it may look like a number or hold special characters."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and never writes anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


_Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'"))


def literal(text: str) -> str:
    """Escape what Sigma reads as a wildcard or an escape, so that the value matches `text` and nothing else."""
    return _SPECIAL.sub(lambda special: f"\\{special.group()}", text)


def to_model(rule: SigmaRule, *, kind: RuleKind, platform: Platform, technique_id: str | None = None) -> Rule:
    """Put the rule into the shape that CloudSigma answers with; conversions are added later.

    The same rule gives the same bytes of YAML, and a UUIDv5 of them, which the watermark does not change.
    """
    body = _body(rule)
    rule_id = _id_of(body)
    return Rule(
        id=rule_id,
        title=rule.title,
        status=rule.status,
        level=rule.level,
        kind=kind,
        platform=platform,
        technique_id=technique_id,
        sigma=_with_id(rule, body, rule_id),
    )


def _id_of(body: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, body))


def _with_id(rule: SigmaRule, body: str, rule_id: str) -> str:
    title, rest = body.split("\n", 1)
    return f"{title}\nid: {rule_id}\n{rest}{_dump(_WATERMARK) if rule.watermark else ''}"


def _body(rule: SigmaRule) -> str:
    detection: dict[str, object] = {name: _quoted(selection) for name, selection in rule.selections.items()}
    fields = {
        "title": " ".join(rule.title.split()),
        "status": rule.status,
        "description": " ".join(rule.description.split()),
        "references": list(rule.references),
        "author": rule.author,
        "date": dt.date.fromisoformat(rule.date),
        "tags": list(rule.tags),
        "logsource": msgspec.to_builtins(rule.logsource),
        "detection": {**detection, "condition": rule.condition},
        "falsepositives": list(rule.falsepositives),
        "level": rule.level,
    }
    return _dump({name: value for name, value in fields.items() if value not in ([], "")})


def _quoted(value: object) -> object:
    if isinstance(value, str):
        return _Quoted(value)
    if isinstance(value, list | tuple):
        return [_quoted(item) for item in value]
    if isinstance(value, dict):
        return {field: _quoted(item) for field, item in value.items()}
    return value


def _dump(document: object) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, indent=4, width=2**16, allow_unicode=True)
