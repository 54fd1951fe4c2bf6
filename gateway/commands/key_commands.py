"""The words of `trigraph keys`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

ROLES = ("viewer", "operator", "admin", "owner", "member", "metrics")
TIERS = ("free", "pro", "team", "enterprise")


def add_keys(keys: argparse.ArgumentParser) -> None:
    """Give the command its words."""
    commands = keys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = commands.add_parser("create", help="make a key that is kept in the store, by its digest")
    create.add_argument("name", metavar="NAME", help="whose key it is; one caller may have several")
    create.add_argument("--tenant", metavar="NAME", help="whom the caller belongs to (default: the caller's own)")
    create.add_argument("--role", action="append", choices=ROLES, help="what it may do; several times (default: admin)")
    create.add_argument("--tier", choices=TIERS, default="pro", help="whose limits count (default: pro)")
    create.add_argument("--expires", metavar="WHEN", help="90d, 12h, 2w or a date (default: never)")
    create.set_defaults(command=_create)
    commands.add_parser("list", help="show the keys of the store").set_defaults(command=_list)
    revoke = commands.add_parser("revoke", help="let nobody in with a key any more")
    forget = commands.add_parser("forget", help="strike a key off the list that is revoked or expired")
    for command, function in ((revoke, _revoke), (forget, _forget)):
        command.add_argument("named", metavar="NAME|ID", help="all keys of a caller, or one by its id")
        command.set_defaults(command=function)
    for command in commands.choices.values():
        command.add_argument("--data-dir", type=Path, help="folder of the embedded data (TRIGRAPH_DATA_DIR)")
    entry = commands.add_parser("entry", help="make a key that is kept in TRIGRAPH_API_KEYS: prints it and its entry")
    entry.add_argument("name", metavar="NAME", help="whose key it is")
    entry.set_defaults(command=_entry)


def _create(options: argparse.Namespace) -> None:
    from gateway.commands.keys import create_key
    from gateway.configuration.settings import read_settings

    settings = read_settings(data_dir=options.data_dir)
    given = {"tenant": options.tenant, "tier": options.tier, "expires": options.expires}
    asyncio.run(create_key(settings, options.name, roles=options.role or ["admin"], **given))


def _list(options: argparse.Namespace) -> None:
    from gateway.commands.keys import list_keys
    from gateway.configuration.settings import read_settings

    asyncio.run(list_keys(read_settings(data_dir=options.data_dir)))


def _revoke(options: argparse.Namespace) -> None:
    from gateway.commands.keys import revoke_keys
    from gateway.configuration.settings import read_settings

    asyncio.run(revoke_keys(read_settings(data_dir=options.data_dir), options.named))


def _forget(options: argparse.Namespace) -> None:
    from gateway.commands.keys import forget_keys
    from gateway.configuration.settings import read_settings

    asyncio.run(forget_keys(read_settings(data_dir=options.data_dir), options.named))


def _entry(options: argparse.Namespace) -> None:
    from gateway.access.principals import new_entry

    key, entry = new_entry(options.name)
    print(f"key (shown this once):       {key}\nentry of TRIGRAPH_API_KEYS:  {entry}")  # noqa: T201 - the command's output
