"""Fetching what a target names."""

from __future__ import annotations

from adapters.errors import InvalidInput
from adapters.sigil.local.material import Ecosystem, Target
from adapters.sigil.local.registry.material import Fetched, Registries
from adapters.sigil.local.registry.npm import fetch_npm
from adapters.sigil.local.registry.pypi import fetch_pypi


async def fetch_package(target: Target, registries: Registries) -> Fetched:
    """Resolve a target's version, download its archives and verify their published hashes.

    Raises `NotFound` that names the package or version, `NotAllowed` where a token is missing, and `Unreachable`,
    `DeadlineExceeded` or `InvalidPayload` (a hash that differs among them) where the registry failed.
    """
    match target.ecosystem:
        case Ecosystem.NPM:
            return await fetch_npm(target, registries)
        case Ecosystem.PYPI:
            return await fetch_pypi(target, registries)
        case Ecosystem.FILE:
            message = f"{target.name!r} is a path: it is read where it lies, not fetched."
            raise InvalidInput("validation_error", message, "target")
