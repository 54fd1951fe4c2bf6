"""Fetching a package from npm's registry."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from adapters.errors import AdapterError, InvalidPayload, NotFound
from adapters.http.rows import UNREADABLE
from adapters.sigil.local.material import Attestation, Registration, Target
from adapters.sigil.local.registry.attestations import npm_claim
from adapters.sigil.local.registry.download import Source, TooLarge, hashes_of, verify
from adapters.sigil.local.registry.material import NPM_REGISTRY, Archive, Fetched, Registries
from adapters.sigil.local.registry.npm_versions import LATEST, choose
from adapters.sigil.local.registry.packument import Distribution, Packument, registration

_NAME = "The npm registry"
_SHORT = "application/vnd.npm.install-v1+json"


async def fetch_npm(target: Target, registries: Registries) -> Fetched:
    """Fetch a package's release; raises `NotFound` naming what there is not, and the errors of `Source`."""
    registry = registries.npm.registry_of(target.name)
    source = Source(_NAME, registries.client, registries.limits, registries.npm.credentials)
    packument = await _packument(source, registry, target.name)
    offered = packument.versions, packument.tags, packument.deprecated
    version = await asyncio.to_thread(choose, target.specifier, *offered)
    if version is None:
        raise _no_version(target, packument)
    dist = packument.versions[version].dist
    what = f"{target.name}@{version}"
    url = archive_address(dist.tarball, registry)
    data = await source.archive(url, what)
    await asyncio.to_thread(verify, data, _hashes(dist), what, _NAME)
    told = await _attested(source, registration(packument, version), dist, version, data)
    return Fetched(version, (Archive(_file_name(target.name, version), data),), told)


async def _packument(source: Source, registry: str, name: str) -> Packument:
    url = f"{registry}/{quote(name, safe='@')}"
    try:
        document = await source.metadata(url, f"package {name!r}")
    except TooLarge:  # the short form lacks dates and people, but a scan without them is better than none
        document = await source.metadata(url, f"package {name!r}", _SHORT)
    try:
        return msgspec.json.decode(document, type=Packument)
    except UNREADABLE as error:
        raise InvalidPayload(
            "registry_answer", f"{_NAME}'s document about {name!r} is amiss: {error}.", _NAME
        ) from None


def archive_address(tarball: str, registry: str) -> str:
    """Give where to get an archive: a mirror serves what its documents say npm's own registry serves."""
    try:
        url, own = httpx.URL(tarball), httpx.URL(registry)
    except httpx.InvalidURL:
        return tarball
    if url.host == httpx.URL(NPM_REGISTRY).host != own.host:
        path = own.path.rstrip("/") + url.raw_path.decode("ascii")
        return str(own.copy_with(raw_path=path.encode()))
    if url.host == own.host and url.scheme == "http" and own.scheme == "https":
        return str(url.copy_with(scheme="https", port=own.port))
    return tarball


def _hashes(dist: Distribution) -> dict[str, tuple[str, ...]]:
    found = hashes_of(dist.integrity or "")
    return found or ({"sha1": (dist.shasum,)} if dist.shasum else {})


def _file_name(name: str, version: str) -> str:
    return f"{name.rpartition('/')[2]}-{version}.tgz"


def _no_version(target: Target, packument: Packument) -> NotFound:
    if not packument.versions:
        return NotFound("not_found", f"{_NAME} has no version of {target.name!r}: all of them were unpublished.")
    asked = target.specifier or LATEST
    newest = packument.tags.get(LATEST)
    hint = f"; the latest is {newest}" if newest else ""
    return NotFound("not_found", f"{_NAME} has no version {asked!r} of {target.name!r}{hint}.")


async def _attested(source: Source, told: Registration, dist: Distribution, version: str, data: bytes) -> Registration:
    """Compare the release's attestations with its bytes; where they cannot be read they stay as published."""
    address = _attestations_address(dist.attestations)
    if address is None:
        return told
    try:
        document = await source.metadata(address, f"attestations of {version}")
    except AdapterError:
        return told
    claim = await asyncio.to_thread(npm_claim, document, data)
    releases = tuple(
        msgspec.structs.replace(release, attestation=claim.attestation)
        if release.version == version and claim.attestation is Attestation.INVALID
        else release
        for release in told.releases
    )
    return msgspec.structs.replace(told, releases=releases, attested_repository=claim.repository)


def _attestations_address(attestations: Any) -> str | None:
    address = attestations.get("url") if isinstance(attestations, dict) else None
    return address if isinstance(address, str) else None
