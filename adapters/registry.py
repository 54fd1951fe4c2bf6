"""Builds the adapter of a service from its setting; built-ins come through the same entry points as anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from adapters.cloudlink.port import CloudLink
from adapters.cloudsigma.port import CloudSigma
from adapters.context import AdapterContext
from adapters.services import Service
from adapters.sigil.port import Sigil

GROUP = "trigraph.adapters"
PORTS: Mapping[Service, type] = MappingProxyType(
    {Service.CLOUDSIGMA: CloudSigma, Service.SIGIL: Sigil, Service.CLOUDLINK: CloudLink}
)
SHOWN = 3


class UnknownAdapter(Exception):
    """A setting names an adapter that no installed package offers, or one of another service."""


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
        raise _unknown(service, context.location, f"no installed package offers an adapter {name!r}", offered.names)
    adapter = offered[name].load()(context)
    if missing := [method for method in _methods(PORTS[Service(service)]) if not hasattr(adapter, method)]:
        lacking = f"that adapter has no {', '.join(missing[:SHOWN])}, which the port has"
        raise _unknown(service, context.location, lacking, offered.names)
    return adapter


def _methods(port: type) -> list[str]:
    return [name for name in vars(port) if not name.startswith("_")]


def _unknown(service: str, location: str, problem: str, offered: Iterable[str]) -> UnknownAdapter:
    others = tuple(f"{other}-" for other in Service if other != service)
    choice = ", ".join(sorted(name for name in offered if not name.startswith(others))) or "none: reinstall trigraph"
    return UnknownAdapter(
        f"TRIGRAPH_{service.upper()} is {location!r}, and {problem}: "
        f"leave it empty, give a URL, or name one of these: {choice}"
    )
