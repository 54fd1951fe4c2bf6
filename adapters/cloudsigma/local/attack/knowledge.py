"""ATT&CK as the pipeline asks for it: techniques, who uses them, and the sentences that describe how."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

from adapters.cloudsigma.local.attack.records import Entry, Records, read_bundle, read_package

KILL_CHAIN = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)
"""The tactics in the order of the ATT&CK matrix, by their short names."""


class Technique(msgspec.Struct, frozen=True, kw_only=True):
    """A technique or sub-technique; `tactics` in kill-chain order, `description` plain text."""

    technique_id: str
    name: str
    tactics: tuple[str, ...]
    platforms: tuple[str, ...]
    url: str
    description: str
    is_subtechnique: bool


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A software, group or campaign; `kind` is its STIX type, `names` its name and then its aliases."""

    actor_id: str
    kind: str
    names: tuple[str, ...]
    description: str
    technique_ids: tuple[str, ...]


class ProcedureExample(msgspec.Struct, frozen=True):
    """A sentence of ATT&CK that tells how `actor_id` used `technique_id`."""

    sentence: str
    technique_id: str
    actor_id: str


class AttackKnowledge:
    """What ATT&CK knows; built from `records`, whatever is not asked for is not computed."""

    def __init__(self, records: Records) -> None:
        self.version = records.version
        self._records = records
        self._entries = {entry.stix_id: entry for entry in records.entries}

    def technique(self, technique_id: str) -> Technique | None:
        """Return the technique of this id, or the one that took its place; None when unknown or withdrawn."""
        wanted = technique_id.upper()
        return self._technique_by_id.get(self._successors.get(wanted, wanted))

    @cached_property
    def techniques(self) -> tuple[Technique, ...]:
        """All techniques in force, by id."""
        return tuple(technique for _, technique in sorted(self._technique_by_id.items()))

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """All software, groups and campaigns in force with the techniques they use, by id."""
        used: defaultdict[str, set[str]] = defaultdict(set)
        for example in self._uses:
            used[example.actor_id].add(example.technique_id)
        return tuple(
            Actor(
                actor_id=actor_id,
                kind=entry.kind,
                names=tuple(dict.fromkeys((entry.name, *entry.aliases))),
                description=plain(entry.description or ""),
                technique_ids=tuple(sorted(used[actor_id])),
            )
            for entry in sorted(self._records.entries, key=lambda entry: entry.external_id or "")
            if (actor_id := entry.external_id) and entry.kind != "attack-pattern" and _in_force(entry)
        )

    @cached_property
    def procedure_examples(self) -> tuple[ProcedureExample, ...]:
        """All sentences that tell how somebody used a technique, as plain text."""
        return tuple(example for example in self._uses if example.sentence)

    @cached_property
    def usage(self) -> Mapping[str, int]:
        """How many software, groups and campaigns are known to use a technique, by its id."""
        return Counter(technique_id for actor in self.actors for technique_id in actor.technique_ids)

    @cached_property
    def _technique_by_id(self) -> dict[str, Technique]:
        return {
            entry.external_id: _technique(entry)
            for entry in self._records.entries
            if entry.kind == "attack-pattern" and entry.external_id and _in_force(entry)
        }

    @cached_property
    def _successors(self) -> dict[str, str]:
        """Ids of revoked techniques with the ids in force that ATT&CK names for them."""
        replaced = {
            link.source_ref: link.target_ref for link in self._records.links if link.relationship_type == "revoked-by"
        }
        successors = {}
        for source, first in replaced.items():
            target, seen = first, {source}
            while target in replaced and target not in seen:
                seen.add(target)
                target = replaced[target]
            old, new = self._entries.get(source), self._entries.get(target)
            if old and new and old.external_id and new.external_id and old.external_id not in self._technique_by_id:
                successors[old.external_id] = new.external_id
        return successors

    @cached_property
    def _uses(self) -> tuple[ProcedureExample, ...]:
        examples = []
        for link in self._records.links:
            if link.relationship_type != "uses" or link.revoked or link.deprecated:
                continue
            actor, used = self._entries.get(link.source_ref), self._entries.get(link.target_ref)
            if not actor or not used or used.kind != "attack-pattern" or not _in_force(actor):
                continue
            technique = self.technique(used.external_id or "")
            if technique and actor.external_id:
                sentence = plain(link.description or "")
                examples.append(ProcedureExample(sentence, technique.technique_id, actor.external_id))
        return tuple(examples)


@lru_cache(maxsize=2)
def load_knowledge(bundle: Path | None = None) -> AttackKnowledge:
    """Load the package's ATT&CK, or that of the STIX 2.1 file `bundle`, once a process.

    Raises OSError when the file can't be read and msgspec.DecodeError when it is no such bundle.
    """
    return AttackKnowledge(read_bundle(bundle) if bundle else read_package())


_CITATION = re.compile(r"\s*\(Citation:[^)]*\)?")
_CUT = re.compile(r"\s*(?:\(C?i?t?a?t?i?o?n?)?\.\.\.$")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)?")
_MARKUP = re.compile(r"</?\w+>|`|\*\*")


def plain(markdown: str) -> str:
    """Return ATT&CK's Markdown as one line of plain text without citations, links and the mark of a cut end."""
    text = _CUT.sub("", _CITATION.sub("", markdown))
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", text)).split())


def _in_force(entry: Entry) -> bool:
    return not entry.revoked and not entry.deprecated


def _technique(entry: Entry) -> Technique:
    order = {tactic: place for place, tactic in enumerate(KILL_CHAIN)}
    return Technique(
        technique_id=entry.external_id or "",
        name=entry.name,
        tactics=tuple(sorted(entry.tactics, key=lambda tactic: order.get(tactic, len(order)))),
        platforms=entry.platforms,
        url=entry.url or "",
        description=plain(entry.description or ""),
        is_subtechnique=entry.is_subtechnique,
    )
