"""Packages and the targets that name them, such as `npm:express@4.18.2`."""

from __future__ import annotations

import re

import msgspec
from packaging.utils import canonicalize_name

ECOSYSTEMS = ("npm", "pypi")
_TARGET = re.compile(r"(?P<ecosystem>[a-z]+):(?P<name>@?[^@=<>~!;\s]+)")


class PackageName(msgspec.Struct, frozen=True, order=True):
    """A package, whatever its version; `ecosystem` is `npm` or `pypi`."""

    ecosystem: str
    name: str


def package_of(target: str) -> PackageName:
    """Read ecosystem and name from a target such as `npm:@scope/name@1.2.3`; what is no target is a name alone."""
    found = _TARGET.match(target)
    return PackageName(found["ecosystem"], found["name"]) if found else PackageName("", target)


def canonical_package_of(target: str) -> PackageName:
    """Read ecosystem and name as the ecosystem writes them; one of PyPI has no extras."""
    return canonical(package_of(target))


def canonical(package: PackageName) -> PackageName:
    """Write a package's name as its ecosystem does."""
    if package.ecosystem != "pypi":
        return package
    return PackageName(package.ecosystem, canonicalize_name(package.name.partition("[")[0]))


def version_in(target: str) -> str:
    """Give what a target says of the version, such as `4.18.2`, `==2.32.3` or nothing."""
    package = package_of(target)
    return target.removeprefix(f"{package.ecosystem}:{package.name}").removeprefix("@")
