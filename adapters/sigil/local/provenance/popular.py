"""The names of widely used packages, from lists that the package `cordon-scanner` ships as text.

None of its code is imported: it is only where the lists lie, each dated and with its source in its first lines.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from adapters.sigil.local.material import Ecosystem

_LISTS = {Ecosystem.NPM: "npm.txt", Ecosystem.PYPI: "pypi.txt"}


@cache
def popular_names(ecosystem: Ecosystem) -> frozenset[str]:
    """Give the names of an ecosystem's widely used packages in its canonical spelling; none for FILE."""
    if ecosystem not in _LISTS:
        return frozenset()
    place = distribution("cordon-scanner").locate_file(f"cordon_scanner/intel/data/{_LISTS[ecosystem]}")
    lines = Path(str(place)).read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def popular_scopes(ecosystem: Ecosystem) -> frozenset[str]:
    """Give the scopes, `@` included, in which widely used packages lie: only their owners publish there."""
    return frozenset(name.partition("/")[0] for name in popular_names(ecosystem) if name.startswith("@"))


def canonical(ecosystem: Ecosystem, name: str) -> str:
    """Spell a name as its registry compares it."""
    return str(canonicalize_name(name)) if ecosystem is Ecosystem.PYPI else name


def is_popular(ecosystem: Ecosystem, name: str) -> bool:
    """Say whether a package is widely used, or its scope belongs to the owners of one that is."""
    known = canonical(ecosystem, name)
    return known in popular_names(ecosystem) or known.partition("/")[0] in popular_scopes(ecosystem)
