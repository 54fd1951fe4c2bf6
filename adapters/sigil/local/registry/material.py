"""What fetching takes and gives: registries with their tokens, limits, archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from adapters.sigil.local.material import Registration

NPM_REGISTRY = "https://registry.npmjs.org"
PYPI_INDEX = "https://pypi.org/simple"
PYPI_FILES_HOST = "files.pythonhosted.org"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Credential:
    """An `Authorization` header for addresses under `place`, written `host[:port]/path/`."""

    place: str
    authorization: str = field(repr=False)


@dataclass(frozen=True)
class NpmConfiguration:
    """Where npm's packages come from; `scopes` leads `@scope` to a registry of its own."""

    registry: str = NPM_REGISTRY
    scopes: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[Credential, ...] = ()

    def registry_of(self, name: str) -> str:
        """Give the address of the registry that serves a package, without a slash at its end."""
        return self.scopes.get(name.partition("/")[0], self.registry) if name.startswith("@") else self.registry


@dataclass(frozen=True)
class PypiConfiguration:
    """Where Python's packages come from: addresses of simple indexes, all of which are asked."""

    indexes: tuple[str, ...] = (PYPI_INDEX,)
    credentials: tuple[Credential, ...] = ()


@dataclass(frozen=True)
class DownloadLimits:
    """What one download may take: sizes in bytes after decompression, `seconds` for each, redirects and all."""

    metadata_size: int = 64 * MEGABYTE
    archive_size: int = 256 * MEGABYTE
    seconds: float = 120.0
    redirects: int = 5


DEFAULT_DOWNLOAD_LIMITS = DownloadLimits()


@dataclass(frozen=True)
class Registries:
    """All that fetching needs; `client` reaches the public internet and the configured registries only."""

    client: httpx.AsyncClient
    npm: NpmConfiguration = NpmConfiguration()
    pypi: PypiConfiguration = PypiConfiguration()
    limits: DownloadLimits = DownloadLimits()


@dataclass(frozen=True)
class Archive:
    """A published archive, its hash verified."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Fetched:
    """A release as the registry has it: `archives` are all the kinds of it that an installer may choose."""

    version: str
    archives: tuple[Archive, ...]
    registration: Registration
