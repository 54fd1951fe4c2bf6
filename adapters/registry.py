"""Builds the adapter of a service from its setting; built-ins come through the same entry points as anybody's."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from adapters.context import AdapterContext

GROUP = "trigraph.adapters"


class UnknownAdapter(Exception):
    """A setting names an adapter that no installed package offers."""


def entry_point_name(service: str, location: str) -> str:
    """Say which entry point a setting means: nothing is local, a URL is REST, anything else is a name."""
    if not location:
        return f"{service}-local"
    if location.startswith(("http://", "https://")):
        return f"{service}-rest"
    return location


def build_adapter(service: str, context: AdapterContext) -> Any:
    """Build what the entry point offers: a function that takes the context and returns the service's port.

    Raises UnknownAdapter, naming the setting and what there is to choose from.
    """
    name = entry_point_name(service, context.location)
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        choice = ", ".join(sorted(offered.names)) or "none: reinstall trigraph"
        raise UnknownAdapter(
            f"TRIGRAPH_{service.upper()} is {context.location!r}, and no installed package offers an adapter {name!r}: "
            f"leave it empty, give a URL, or name one of these: {choice}"
        )
    return offered[name].load()(context)
