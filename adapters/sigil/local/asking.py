"""What a request for a scan asks: the package, the one version that it means, and its target in one spelling."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.packages import PackageName
from adapters.sigil.local.material import Ecosystem, Target
from adapters.sigil.local.target import parse_target

_NPM_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_PYPI_VERSION = re.compile(r"==([^*,;=<>!~\s]+)")


class Asked(NamedTuple):
    """`version` is None where only the registry knows which one is meant."""

    package: PackageName
    version: str | None
    text: str


def asked(text: str) -> Asked:
    """Read a target; raises InvalidInput."""
    target = parse_target(text)
    package = PackageName(target.ecosystem.value, target.name)
    return Asked(package, exact_version(target), _spelled(target))


def exact_version(target: Target) -> str | None:
    """Give the version that a target names exactly."""
    if target.ecosystem is Ecosystem.PYPI:
        found = _PYPI_VERSION.fullmatch(target.specifier)
        return found[1] if found else None
    return target.specifier if _NPM_VERSION.fullmatch(target.specifier) else None


def _spelled(target: Target) -> str:
    separator = "@" if target.specifier and target.ecosystem is Ecosystem.NPM else ""
    return f"{target.ecosystem}:{target.name}{separator}{target.specifier}"
