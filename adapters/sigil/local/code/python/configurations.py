"""Configurations of the application that loads the package: telling where the whole of one, or its secrets, leave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.values import NOTHING, Value
from adapters.sigil.local.code.telling_places import Secret

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

HOST_CONFIGURATION = "<configuration>"
"""The name of what holds the configuration of somebody else's application: its `template` says which."""
_DJANGO = frozenset({"django.conf.settings", "django.conf.settings._wrapped"})
_HOLDERS = re.compile(
    r"\{(?:\w+\.|\.)?_?(?:flask_|celery_|sanic_)?(?:current_)?(?:app|application)\}"
    r"|(?:flask|quart|celery|sanic)\.current_app(?:\._get_current_object\(\))?"
)
_NAMES = frozenset({"config", "conf", "settings"})
_OTHERS = re.compile(r"\{(?:\w+\.|\.)?(?:crawler|registry|config\.registry)\}")
_WHOLE = frozenset({"items", "values", "copy", "copy_to_dict", "humanize", "table", "__dict__"})
_SHOWING = frozenset(
    {"dict", "str", "repr", "json.dumps", "pprint.pformat", "pickle.dumps", "yaml.dump", "yaml.safe_dump",
     "copy.copy", "copy.deepcopy", "flask.json.dumps", "orjson.dumps", "simplejson.dumps", "msgpack.packb"}
)  # fmt: skip
_SECRETS = frozenset(
    {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "SQLALCHEMY_DATABASE_URI", "EMAIL_HOST_PASSWORD",
     "MAIL_PASSWORD", "JWT_SECRET_KEY"}
)  # fmt: skip


def attribute(machine: Machine, node: Node, target: Value, name: str) -> Value | None:
    """Follow a member of an application, or of its configuration; None where it is none of somebody else."""
    if target.name == HOST_CONFIGURATION:
        return _member(machine, node, target, name)
    if target.name in _DJANGO and (name in _WHOLE or name in _SECRETS):
        return _member(machine, node, Value(name=HOST_CONFIGURATION, template=f"{{{target.name}}}"), name)
    if name not in _NAMES or target.instance_of:
        return None
    holders = _OTHERS if name == "settings" else _HOLDERS
    known = target.name if target.name[:1] not in ("", ".") else target.template
    return (
        Value(name=HOST_CONFIGURATION, template=f"{{{known.strip('{}')}.{name}}}") if holders.fullmatch(known) else None
    )


def every(machine: Machine, node: Node, owner: Value) -> Value | None:
    """Follow `vars(settings)`, and members of settings whose names nobody knows; None for other owners."""
    return _member(machine, node, owner, "__dict__") if owner.name in _DJANGO else None


def _member(machine: Machine, node: Node, held: Value, name: str) -> Value:
    """Follow a member of a configuration: a secret of the application, or a way to have all of it."""
    if name in _WHOLE or name in _SECRETS:
        sources = _taken(machine, node, held, "" if name in _WHOLE else name)
        return Value(name=f".config.{name}", template=f"{{{name}}}", sources=sources)
    return Value(name=f".config.{name}", receiver=held, template=f"{{{name}}}")


def entry(machine: Machine, node: Node, held: Value, key: Value) -> Value:
    """Follow what a configuration has under a key; one that is unknown may be any."""
    known = isinstance(key.constant, str)
    if known and key.constant not in _SECRETS:
        return Value(template=f"{{{key.text}}}")
    return Value(template=f"{{{key.text}}}", sources=_taken(machine, node, held, key.text if known else ""))


def shown(machine: Machine, node: Node, called: str, every: list[Value]) -> frozenset[int]:
    """Give the fact that a call makes a text or another table of the whole of a configuration."""
    if called not in _SHOWING:
        return NOTHING
    held = next((value for value in every if value.name == HOST_CONFIGURATION), None)
    return NOTHING if held is None else _taken(machine, node, held, "")


def _taken(machine: Machine, node: Node, held: Value, name: str) -> frozenset[int]:
    told = f"{Secret.CONFIGURATION} {held.template.strip('{}')} {name}".strip()
    return machine.source_value(Behaviour.TAKES_SECRET, node, told, latent=True)
