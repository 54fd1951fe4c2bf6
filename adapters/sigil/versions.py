"""Version ranges of the ecosystems, as npm and pip read them."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from adapters.sigil.models import Threat


class BadRange(ValueError):
    """A text that is no version range in its ecosystem."""


def in_range(ecosystem: str, version: str, expression: str, *, prereleases: bool = False) -> bool:
    """Say whether a version lies in a range such as `>=1.2 <2` (npm) or `>=1.2,<2` (pypi); raises BadRange.

    An empty expression holds every version, and so does `*`. npm counts a pre-release in only where the range names one
    of the same version, unless `prereleases` are asked for; Python's always count.
    """
    if expression.strip() in ("", "*"):
        return True
    if ecosystem == "npm":
        return _in_npm_range(version, expression, prereleases=prereleases)
    return _in_pypi_range(version, expression)


def _in_npm_range(version: str, expression: str, *, prereleases: bool) -> bool:
    import nodesemver

    try:
        wanted = nodesemver.make_range(expression, loose=True)
        return bool(wanted.test(nodesemver.make_semver(version, loose=True), include_prerelease=prereleases))
    except ValueError as error:
        if nodesemver.valid(version, loose=True) is None:
            return version == expression
        raise BadRange(f"{expression!r} is no version range of npm") from error


def _in_pypi_range(version: str, expression: str) -> bool:
    is_bare = expression.strip()[0].isdigit()
    try:
        wanted = SpecifierSet(f"=={expression.strip()}" if is_bare else expression)
    except InvalidSpecifier:
        raise BadRange(f"{expression!r} is no version specifier of Python packages") from None
    try:
        return wanted.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return version == expression


def concerns(threat: Threat, version: str | None) -> bool:
    """Say whether a threat names a version: exactly, or by a range; one that lists none names them all."""
    if not threat.versions or version is None:
        return not threat.versions
    return any(_holds(threat.ecosystem, version, expression) for expression in threat.versions)


def _holds(ecosystem: str, version: str, expression: str) -> bool:
    if version == expression:
        return True
    if ecosystem == "npm" and expression[:1].isalnum():
        return False  # a version, which npm would read as a range if it were as short as `1.2`
    try:
        return in_range(ecosystem, version, expression, prereleases=True)
    except BadRange:
        return False
