"""Dependencies that no registry holds: whoever owns the address decides anew at each installation what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from adapters.sigil.local.code.telling import Place, host_of, place
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.package_json import MANIFEST, read_manifest
from adapters.sigil.local.phases.judging import BAD, CERTAIN, DOUBTFUL, GRAVE, HINT, NOTE, Judgement
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.popular import is_popular
from adapters.sigil.models import Finding

_ADDRESS = re.compile(r"(?:git\+)?(?:https?|ssh|git)://\S+|git@\S+")
_CODE_HOST = re.compile(
    r"(?:github|gitlab|bitbucket|codeberg)\.(?:com|org)$|^(?:codeload\.github\.com|raw\.githubusercontent\.com)$"
)
_HOSTILE = frozenset((Place.WEBHOOK, Place.PASTE, Place.CATCHER, Place.TUNNEL, Place.ADDRESS, Place.ONION))
_REQUIRED = re.compile(rb"^Requires-Dist:\s*([\w.-]+)[^@\n]*@\s*(\S+)", re.MULTILINE)
_HEAD = 200_000
_LISTING = re.compile(r"(?:^|/)(?:package(?:-lock)?|npm-shrinkwrap)\.json$")
_MOST_LOOKED_FOR = 20


def dependencies(case: Case) -> Iterator[Finding]:
    """Find dependencies that are fetched from an address instead of the registry."""
    for name, wanted in sorted(_wanted(case)):
        if _ADDRESS.match(wanted) and not case.scanned.trusts(wanted.removeprefix("git+")):
            description = f"Its dependency {name} comes from {wanted[:200]}, which no registry holds."
            yield case.finding("url-dependency", _judged(case, wanted), description)


def _wanted(case: Case) -> Iterator[tuple[str, str]]:
    contents = case.scanned.contents
    if case.package.ecosystem is Ecosystem.PYPI:
        for path in contents:
            if path == "PKG-INFO" or path.endswith(".dist-info/METADATA"):
                for found in _REQUIRED.finditer(contents[path][:_HEAD]):
                    yield found[1].decode("utf-8", "replace"), found[2].decode("utf-8", "replace")
        return
    manifest = read_manifest(contents.get(MANIFEST, b""))
    for table in (manifest.get("dependencies"), manifest.get("optionalDependencies")):
        for name, wanted in table.items() if isinstance(table, Mapping) else ():
            if isinstance(wanted, str):
                yield name, wanted.strip()


def unused_dependencies(case: Case) -> tuple[str, ...]:
    """Name those dependencies of an npm package, hardly known ones alone, of which no file of it speaks."""
    if case.package.ecosystem is not Ecosystem.NPM:
        return ()
    files = [data for path, data in case.scanned.contents.items() if not _LISTING.search(path)]
    named = {name for name, _ in _wanted(case) if not name.startswith("@types/")}
    unknown = sorted(name for name in named if not is_popular(Ecosystem.NPM, name))
    return tuple(name for name in unknown[:_MOST_LOOKED_FOR] if not any(name.encode() in data for data in files))


def _judged(case: Case, address: str) -> Judgement:
    """Judge an address: code hosts keep what was there, other hosts may serve each installation something else."""
    host = host_of(address.removeprefix("git+"))
    young = case.history.new or not case.history.established
    if place(address) in _HOSTILE:
        return CERTAIN
    if not host or _CODE_HOST.search(host):
        return HINT if case.history.new else NOTE
    if address.startswith(("http://", "git://")):
        return CERTAIN if young else GRAVE
    return BAD if young else DOUBTFUL
