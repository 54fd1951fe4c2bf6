"""Fetching a package from a Python package index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import httpx
import msgspec
from packaging.version import Version

from adapters.errors import AdapterError, InvalidPayload, NotFound
from adapters.http.rows import UNREADABLE
from adapters.sigil.local.material import Attestation, Registration, Target
from adapters.sigil.local.registry.attestations import Claim, pypi_claim
from adapters.sigil.local.registry.download import Source, verify
from adapters.sigil.local.registry.material import Archive, Fetched, Registries
from adapters.sigil.local.registry.pypi_files import (
    Distribution,
    choose,
    distributions,
    hashes_of,
    one_of_each_kind,
)
from adapters.sigil.local.registry.pypi_project import Project, read_project, registration
from adapters.sigil.local.registry.simple import ACCEPT, ProjectPage, read_page

_NAME = "The Python package index"


class _Offer(NamedTuple):
    """What one index has of a project, on the page at `address`."""

    index_address: str
    address: str
    page: ProjectPage
    files: tuple[Distribution, ...]


async def fetch_pypi(target: Target, registries: Registries) -> Fetched:
    """Fetch a release's wheel and sdist; raises `NotFound` naming what there is not, and the errors of `Source`."""
    source = Source(_NAME, registries.client, registries.limits, registries.pypi.credentials)
    offers = await _offers(source, registries.pypi.indexes, target.name)
    offered = [one for offer in offers for one in offer.files]
    version = choose(target.specifier, offered)
    if version is None:
        raise _no_version(target, offers, offered)
    chosen = one_of_each_kind(version, offered)
    homes = [next(offer for offer in offers if any(each is one for each in offer.files)) for one in chosen]
    archives = [await _archive(source, home.address, one) for home, one in zip(homes, chosen, strict=True)]
    claims = [await _claim(source, one, archive) for one, archive in zip(chosen, archives, strict=True)]
    project = await _project(source, homes[0].index_address, target.name, version)
    told = registration(homes[0].page, homes[0].files, project, version)
    return Fetched(str(version), tuple(archives), _with_claims(told, str(version), claims))


async def _offers(source: Source, indexes: Sequence[str], name: str) -> list[_Offer]:
    """Ask every index, as pip does: the highest version of all of them is installed, whichever has it."""
    found = []
    missing: NotFound | None = None
    for index in indexes:
        try:
            document = await source.metadata(f"{index}/{name}/", f"project {name!r}", ACCEPT)
            found.append(await asyncio.to_thread(_offer, index, name, document))
        except NotFound as error:
            missing = error
        except UNREADABLE as error:
            message = f"{_NAME}'s page about {name!r} is amiss: {error}."
            raise InvalidPayload("registry_answer", message, _NAME) from None
    if not found:
        raise missing or NotFound("not_found", f"No index is configured that could have {name!r}.")
    return found


def _offer(index: str, name: str, document: bytes) -> _Offer:
    page = read_page(document)
    return _Offer(index, f"{index}/{name}/", page, distributions(name, page.files))


async def _archive(source: Source, page: str, one: Distribution) -> Archive:
    try:
        url = str(httpx.URL(page).join(one.file.url))
    except httpx.InvalidURL:
        url = one.file.url
    data = await source.archive(url, one.file.filename)
    await asyncio.to_thread(verify, data, hashes_of(one.file), one.file.filename, _NAME)
    return Archive(one.file.filename, data)


async def _claim(source: Source, one: Distribution, archive: Archive) -> Claim:
    if one.file.provenance is None:
        return Claim()
    try:
        document = await source.metadata(one.file.provenance, f"provenance of {archive.name}")
    except AdapterError:
        return Claim()
    return await asyncio.to_thread(pypi_claim, document, archive.data)


def _with_claims(told: Registration, version: str, claims: Sequence[Claim]) -> Registration:
    repository = next((claim.repository for claim in claims if claim.repository), None)
    releases = told.releases
    if any(claim.attestation is Attestation.INVALID for claim in claims):
        releases = tuple(
            msgspec.structs.replace(release, attestation=Attestation.INVALID) if release.version == version else release
            for release in releases
        )
    return msgspec.structs.replace(told, releases=releases, attested_repository=repository)


async def _project(source: Source, index: str, name: str, version: Version) -> Project:
    """Read who is behind the project; an index without this document tells nothing of it."""
    if not index.endswith("/simple"):
        return Project()
    base = f"{index.removesuffix('/simple')}/pypi/{name}"
    latest = await _project_document(source, f"{base}/json", name)
    if latest.info.version == str(version):
        return latest
    own = await _project_document(source, f"{base}/{version}/json", name)
    return msgspec.structs.replace(latest, info=own.info) if own.info.version else latest


async def _project_document(source: Source, url: str, name: str) -> Project:
    try:
        return read_project(await source.metadata(url, f"project {name!r}"))
    except AdapterError:
        return Project()


def _no_version(target: Target, offers: Sequence[_Offer], offered: Sequence[Distribution]) -> NotFound:
    newest = choose("", offered)
    if newest is None and any(offer.page.status == "quarantined" for offer in offers):
        return NotFound("not_found", f"{_NAME} has quarantined {target.name!r}: it hands out no file of it.")
    if newest is None:
        return NotFound("not_found", f"{_NAME} has no wheel and no sdist of {target.name!r}.")
    asked = target.specifier or "latest"
    return NotFound("not_found", f"{_NAME} has no version {asked!r} of {target.name!r}; the latest is {newest}.")
