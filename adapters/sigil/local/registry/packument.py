"""npm's document about a package, and what it tells of each release."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.sigil.local.material import Attestation, Registration, Release
from adapters.sigil.local.registry.repositories import repository_url

_HOOKS = frozenset({"preinstall", "install", "postinstall"})


class Distribution(msgspec.Struct, frozen=True):
    """Where a version's archive is, and its hashes."""

    tarball: str = ""
    integrity: str | None = None
    shasum: str | None = None
    attestations: Any = None
    signatures: Any = None


class PublishedVersion(msgspec.Struct, frozen=True):
    """A version's manifest; what publishers write freely is taken as it comes."""

    dist: Distribution = Distribution()
    scripts: Any = None
    maintainers: Any = None
    deprecated: Any = None
    repository: Any = None
    homepage: Any = None
    description: Any = None
    author: Any = None
    dependencies: Any = None
    optional_dependencies: Any = msgspec.field(default=None, name="optionalDependencies")
    has_install_script: Any = msgspec.field(default=None, name="hasInstallScript")
    publisher: Any = msgspec.field(default=None, name="_npmUser")


class Packument(msgspec.Struct, frozen=True):
    """All that the registry tells of a package."""

    versions: dict[str, PublishedVersion] = {}
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")
    time: dict[str, Any] = {}
    maintainers: Any = None

    @property
    def deprecated(self) -> frozenset[str]:
        """Name the versions that are deprecated."""
        return frozenset(name for name, version in self.versions.items() if version.deprecated)


def registration(packument: Packument, chosen: str) -> Registration:
    """Tell what the registry says of the package and of the chosen version."""
    version = packument.versions[chosen]
    shows_attestations = any(each.dist.signatures or each.dist.attestations for each in packument.versions.values())
    without = Attestation.MISSING if shows_attestations else Attestation.UNKNOWN
    releases = [_release(packument, name, each, without) for name, each in packument.versions.items()]
    return Registration(
        releases=tuple(sorted(releases, key=_order)),
        maintainers=_names(packument.maintainers) or _names(version.maintainers),
        author=next(iter(_names([version.author])), None),
        repository=repository_url(version.repository),
        homepage=_text(version.homepage),
        description=_text(version.description),
        deprecated=bool(version.deprecated),
        dependencies=_dependencies(version),
    )


def _dependencies(version: PublishedVersion) -> tuple[str, ...]:
    listed = (version.dependencies, version.optional_dependencies)
    return tuple(dict.fromkeys(name for names in listed if isinstance(names, dict) for name in names))


def _release(packument: Packument, name: str, version: PublishedVersion, without: Attestation) -> Release:
    return Release(
        version=name,
        published_at=_moment(packument.time.get(name)),
        maintainers=_maintainers(version),
        attestation=Attestation.PRESENT if version.dist.attestations else without,
        has_install_script=_has_install_script(version),
    )


def _order(release: Release) -> datetime:
    return release.published_at or datetime.min.replace(tzinfo=UTC)


def _has_install_script(version: PublishedVersion) -> bool:
    scripts = version.scripts if isinstance(version.scripts, dict) else {}
    return version.has_install_script is True or any(scripts.get(hook) for hook in _HOOKS)


def _maintainers(version: PublishedVersion) -> tuple[str, ...]:
    """Name who could publish, the one who did first; a build service that published counts as nobody."""
    published = version.publisher
    by_service = isinstance(published, dict) and published.get("trustedPublisher")
    return tuple(dict.fromkeys((*(() if by_service else _names([published])), *_names(version.maintainers))))


def _names(people: Any) -> tuple[str, ...]:
    """Name people written as `{name, email}` or as `name <email> (page)`."""
    listed = people if isinstance(people, list) else []
    written = (person.get("name") if isinstance(person, dict) else person for person in listed)
    names = (_text(name.partition("<")[0].partition("(")[0]) for name in written if isinstance(name, str))
    return tuple(name for name in names if name)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
