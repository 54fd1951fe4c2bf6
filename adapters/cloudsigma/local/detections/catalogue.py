"""The catalogue of detections: what in a platform's log shows that a technique was used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec

from adapters.cloudsigma.local.sigma_rule import LogSource, Selection, Value
from adapters.cloudsigma.models import Platform

Kind = Literal["processes", "commands", "windows_paths", "unix_paths", "registry_keys", "windows_api", "cloud_api"]
Level = Literal["informational", "low", "medium", "high", "critical"]


class Refinement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which observables make a detection specific: their values go to `field`, besides what `within` asks for."""

    observable: Kind
    field: str
    within: dict[str, Value] = {}


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detection as the YAML files write it; `also` names further techniques that it serves.

    `for_subtechniques` is false where it shows one way of the technique only, and would mislead for its sub-techniques.
    """

    technique: str
    title: str
    description: str
    logsource: LogSource
    selections: dict[str, Selection]
    condition: str
    level: Level
    falsepositives: tuple[str, ...]
    also: tuple[str, ...] = ()
    for_subtechniques: bool = True
    refine: tuple[Refinement, ...] = ()
    date: dt.date | None = None


class _PlatformFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    platform: Platform
    date: dt.date
    detections: tuple[_Entry, ...]


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """What shows a technique on a platform; `date` is the day on which it was written."""

    technique_id: str
    also: tuple[str, ...]
    for_subtechniques: bool
    platform: Platform
    title: str
    description: str
    logsource: LogSource
    selections: dict[str, Selection]
    condition: str
    level: Level
    falsepositives: tuple[str, ...]
    refine: tuple[Refinement, ...]
    date: dt.date

    def is_for(self, technique_id: str) -> bool:
        """Whether it was written for this very technique, and not for its parent."""
        return technique_id == self.technique_id or technique_id in self.also


class Catalogue:
    """All detections; at most one for a technique on a platform, else ValueError."""

    def __init__(self, entries: Iterable[Detection]) -> None:
        self.entries = tuple(entries)
        self._by_use: dict[tuple[str, Platform], Detection] = {}
        for entry in self.entries:
            for technique_id in (entry.technique_id, *entry.also):
                if (technique_id, entry.platform) in self._by_use:
                    raise ValueError(f"{technique_id} has two detections on {entry.platform}; keep one")
                self._by_use[technique_id, entry.platform] = entry

    def find(self, technique_id: str, platform: Platform) -> Detection | None:
        """Return the technique's detection, or that written for its parent: then `is_for(technique_id)` is false."""
        exact = self._by_use.get((technique_id, platform))
        if exact:
            return exact
        parent = technique_id.partition(".")[0]
        broader = self._by_use.get((parent, platform))
        serves = broader and broader.technique_id == parent and broader.for_subtechniques
        return broader if serves else None


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Read the YAML files of this package once; ValueError names the file and the field that is wrong."""
    folder = resources.files(__package__)
    return Catalogue(
        entry for platform in Platform for entry in read_detections((folder / f"{platform}.yml").read_bytes(), platform)
    )


def read_detections(document: bytes, platform: Platform) -> tuple[Detection, ...]:
    """Decode one platform's YAML file; ValueError names the platform and the field that is wrong."""
    try:
        file = msgspec.yaml.decode(document, type=_PlatformFile)
    except msgspec.DecodeError as wrong:
        raise ValueError(f"{platform}.yml: {wrong}") from wrong
    if file.platform is not platform:
        raise ValueError(f"{platform}.yml says that it is for {file.platform}")
    return tuple(_detection(entry, file) for entry in file.detections)


def _detection(entry: _Entry, file: _PlatformFile) -> Detection:
    return Detection(
        technique_id=entry.technique,
        also=entry.also,
        for_subtechniques=entry.for_subtechniques,
        platform=file.platform,
        title=entry.title,
        description=" ".join(entry.description.split()),
        logsource=entry.logsource,
        selections=entry.selections,
        condition=entry.condition,
        level=entry.level,
        falsepositives=entry.falsepositives,
        refine=entry.refine,
        date=entry.date or file.date,
    )
