"""Choosing a version as npm chooses it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import nodesemver

LATEST = "latest"


def choose(
    specifier: str, versions: Collection[str], tags: Mapping[str, str], deprecated: Collection[str] = ()
) -> str | None:
    """Give the version that `npm install name@specifier` would take, None where there is none.

    A range takes the version tagged latest if that fits and is not deprecated, else the highest that fits,
    deprecated ones last.
    """
    wanted = specifier.strip()
    if nodesemver.valid(wanted, True):
        return next((version for version in (wanted, wanted.lstrip("=v ")) if version in versions), None)
    latest = tags.get(LATEST)
    if not wanted:
        return latest if latest in versions else _highest("*", versions, deprecated)
    if nodesemver.valid_range(wanted, True) is None:
        tagged = tags.get(wanted)
        return tagged if tagged in versions else None
    fits = latest in versions and latest not in deprecated and nodesemver.satisfies(latest, wanted, True)
    return latest if fits else _highest(wanted, versions, deprecated)


def _highest(wanted: str, versions: Collection[str], deprecated: Collection[str]) -> str | None:
    known = [version for version in versions if nodesemver.valid(version, True)]
    current = [version for version in known if version not in deprecated]
    for offered in (current, known):
        found: str | None = nodesemver.max_satisfying(offered, wanted, True)
        if found is not None:
            return found
    return None
