"""How a SIEM calls the events and fields of each platform, read from this folder's YAML files."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import msgspec

from adapters.cloudsigma.models import Platform

EVENT_IDS = {
    "process_creation": (1,),
    "file_change": (2,),
    "network_connection": (3,),
    "process_termination": (5,),
    "driver_load": (6,),
    "image_load": (7,),
    "create_remote_thread": (8,),
    "raw_access_thread": (9,),
    "process_access": (10,),
    "file_event": (11,),
    "registry_add": (12,),
    "registry_delete": (12,),
    "registry_set": (13,),
    "registry_rename": (14,),
    "registry_event": (12, 13, 14),
    "create_stream_hash": (15,),
    "pipe_created": (17, 18),
    "wmi_event": (19, 20, 21),
    "dns_query": (22,),
    "file_delete": (23, 26),
    "clipboard_capture": (24,),
    "process_tampering": (25,),
    "file_block_executable": (27,),
    "file_executable_detected": (29,),
    "ps_module": (4103,),
    "ps_script": (4104,),
}
"""The events that a category of Sigma means, by Sysmon's and PowerShell's numbers."""

PROCESS_AUDITED = 4688
"""The number of a process creation in the Windows security log."""

Conditions = dict[str, int | str | list[str]]
"""Fields with the value, or the values of which one, that they have; numbers of events as text when several."""

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_A_WORD = re.compile(r"\W+")


class LogSchema(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A platform's events in a SIEM: what all of them have (`where`), and what their fields are called.

    `below` is for fields under a dot, `others` for all that are not named: templates with {field}, {snake},
    {underscored}, {rest} (what follows the first dot; in `others` all), {path} (the same as KQL writes it) and {last}
    (the last key of it). `prefix` is left off and `aliases` are followed before a field is looked up.
    """

    where: dict[str, str] = {}
    event_id: str | None = None
    fields: dict[str, str] = {}
    process_fields: dict[str, str] = {}
    below: dict[str, str] = {}
    others: str | None = None
    prefix: str | None = None
    aliases: dict[str, str] = {}
    table: str | None = None
    log_type: str | None = None

    def conditions(self, platform: Platform, category: str | None) -> Conditions:
        """Return what tells this platform's events of `category` from all others."""
        conditions: Conditions = {**self.where}
        ids = event_ids(platform, category)
        if self.event_id and ids:
            conditions[self.event_id] = ids[0] if len(ids) == 1 else [str(number) for number in ids]
        return conditions

    def named(self, field: str, category: str | None) -> str | None:
        """Return the exact name of `field`, if the schema gives it one."""
        name = self.local(field)
        by_category = self.process_fields if category == "process_creation" else {}
        return by_category.get(name) or self.fields.get(name)

    def templated(self, field: str) -> str | None:
        """Return what the templates make of a `field` that has no exact name."""
        name = self.local(field)
        first, dot, rest = name.partition(".")
        if dot and first in self.below:
            return _fill(self.below[first], name, rest)
        return _fill(self.others, name, name) if self.others else None

    def local(self, field: str) -> str:
        """Return `field` as the SIEM's own events have it: without the schema's prefix, or its alias."""
        name = field.removeprefix(f"{self.prefix}.") if self.prefix else field
        return self.aliases.get(name, name)


def event_ids(platform: Platform, category: str | None) -> tuple[int, ...]:
    """Return the numbers of the Windows events that `category` means on `platform`."""
    if platform is Platform.WINDOWS_SECURITY:
        return (PROCESS_AUDITED,) if category == "process_creation" else ()
    if platform in {Platform.WINDOWS_SYSMON, Platform.WINDOWS_POWERSHELL}:
        return EVENT_IDS.get(category or "", ())
    return ()


def underscored(field: str) -> str:
    """Return `field` as one word."""
    return _NOT_A_WORD.sub("_", field)


@lru_cache
def load_schemas(siem: str) -> dict[Platform, LogSchema]:
    """Read `siem`'s YAML file of this folder."""
    document = (resources.files(__package__) / f"{siem}.yml").read_bytes()
    return msgspec.yaml.decode(document, type=dict[Platform, LogSchema])


def _fill(template: str, field: str, rest: str) -> str:
    return template.format(
        field=field,
        last=rest.rpartition(".")[2],
        path=_path(rest),
        rest=rest,
        snake=_snake(field),
        underscored=underscored(field),
    )


def _path(keys: str) -> str:
    return "".join(f".{key}" if key.isidentifier() else f'["{key}"]' for key in keys.split("."))


def _snake(field: str) -> str:
    return _WORD_START.sub("_", field).lower()
