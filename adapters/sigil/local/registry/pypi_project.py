"""PyPI's JSON document about a project: who is behind it and where its code lives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parseaddr
from itertools import groupby

import msgspec
from packaging.version import Version

from adapters.http.rows import UNREADABLE
from adapters.sigil.local.material import Attestation, Registration, Release
from adapters.sigil.local.registry.pypi_files import Distribution
from adapters.sigil.local.registry.repositories import repository_among
from adapters.sigil.local.registry.simple import ProjectPage


class _Info(msgspec.Struct, frozen=True):
    version: str = ""
    author: str | None = None
    author_email: str | None = None
    maintainer: str | None = None
    maintainer_email: str | None = None
    home_page: str | None = None
    project_urls: dict[str, str] | None = None
    summary: str | None = None


class _Role(msgspec.Struct, frozen=True):
    user: str = ""


class _Ownership(msgspec.Struct, frozen=True):
    roles: tuple[_Role, ...] = ()
    organization: str | None = None


class Project(msgspec.Struct, frozen=True):
    """What PyPI says of a project; empty where it says nothing."""

    info: _Info = _Info()
    ownership: _Ownership | None = None


def read_project(document: bytes) -> Project:
    """Read PyPI's answer; what is not of this kind tells nothing."""
    try:
        return msgspec.json.decode(document, type=Project)
    except UNREADABLE:
        return Project()


def registration(
    page: ProjectPage, offered: Iterable[Distribution], project: Project, version: Version
) -> Registration:
    """Tell what the index says of the project and of the chosen version."""
    info = project.info
    ordered = sorted(offered, key=lambda one: one.version)
    grouped = {release: list(files) for release, files in groupby(ordered, key=lambda one: one.version)}
    releases = [_release(page, release, files) for release, files in grouped.items()]
    urls = dict(info.project_urls or {}) | ({"homepage": info.home_page} if info.home_page else {})
    return Registration(
        releases=tuple(sorted(releases, key=_order)),
        maintainers=_maintainers(project),
        author=info.author or _name(info.author_email),
        repository=repository_among(urls),
        homepage=next((url for label, url in urls.items() if label.lower() in ("homepage", "home")), None),
        description=info.summary or None,
        deprecated=any(one.file.yanked for one in grouped[version]) or page.status in ("archived", "deprecated"),
    )


def _release(page: ProjectPage, version: Version, files: list[Distribution]) -> Release:
    moments = [_aware(one.file.upload_time) for one in files if one.file.upload_time]
    without = Attestation.MISSING if page.shows_provenance else Attestation.UNKNOWN
    return Release(
        version=str(version),
        published_at=min(moments, default=None),
        attestation=Attestation.PRESENT if any(one.file.provenance for one in files) else without,
        has_install_script=all(one.kind == "sdist" for one in files),
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _order(release: Release) -> datetime:
    return release.published_at or datetime.min.replace(tzinfo=UTC)


def _maintainers(project: Project) -> tuple[str, ...]:
    owners = project.ownership.roles if project.ownership else ()
    named = [role.user for role in owners] or [project.info.maintainer or _name(project.info.maintainer_email) or ""]
    return tuple(dict.fromkeys(name for name in named if name))


def _name(address: str | None) -> str | None:
    """Take the name out of `Name <address>`, or the address if that is all."""
    name, plain = parseaddr(address or "")
    return name or plain or None
