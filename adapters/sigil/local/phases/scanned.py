"""A package with all that is known of its files, as the phases see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact, Flow
from adapters.sigil.local.code.telling import host_of
from adapters.sigil.local.material import Ecosystem, Package, PackageFile
from adapters.sigil.local.package_json import MANIFEST
from adapters.sigil.local.phases.calls import called_at_load
from adapters.sigil.local.phases.flows import whole_ways
from adapters.sigil.local.phases.hooks import GYP, Hook, project_addresses
from adapters.sigil.local.phases.paths import Paths
from adapters.sigil.local.phases.reach import (
    Moment,
    entry_files,
    hook_files,
    hooks_of,
    imported_files,
    reachable,
)
from adapters.sigil.local.phases.standing import Standing, standing_of
from adapters.sigil.local.provenance.history import history
from adapters.sigil.local.signatures import Hit


@dataclass(frozen=True)
class Scanned:
    """A package, the facts of its code and the signatures that match, both by path."""

    package: Package
    facts: Mapping[str, CodeFacts]
    hits: Mapping[str, tuple[Hit, ...]]

    @cached_property
    def paths(self) -> Paths:
        """The paths of all published files."""
        return Paths(file.path for file in self.package.files)

    @cached_property
    def hooks(self) -> tuple[Hook, ...]:
        """The commands that installing the package runs."""
        return hooks_of(self.package)

    @cached_property
    def hook_files(self) -> frozenset[str]:
        """The files that run first at installation."""
        return hook_files(self.package, self.hooks)

    @cached_property
    def installed(self) -> frozenset[str]:
        """The files that run at installation, those that the hooks' files lead to among them."""
        return reachable(self.hook_files, self.facts, self.paths)

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The files that run when the package is imported or required."""
        return reachable(entry_files(self.package), self.facts, self.paths)

    @cached_property
    def called(self) -> frozenset[str]:
        """The files of which a function is called when the package is loaded."""
        return called_at_load(self.loaded, self.facts, self.contents)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The files of which a function is called when the package is loaded, those asked for an answer among them."""
        return called_at_load(self.loaded, self.facts, self.contents, for_answer=True)

    @cached_property
    def standings(self) -> Mapping[str, Standing]:
        """What part of the package each file with facts or hits is; what runs by itself is never set aside."""
        running = self.installed | self.loaded
        return {
            file.path: Standing.CODE if standing is Standing.ASIDE and file.path in running else standing
            for file in self.package.files
            if file.path in self.facts or file.path in self.hits
            for standing in (standing_of(file),)
        }

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """The published files' bytes by path."""
        return _Contents(self.package.files)

    def standing(self, path: str) -> Standing:
        """Look up what part of the package a file is."""
        return self.standings.get(path, Standing.CODE)

    def moment(self, path: str, fact: Fact | None = None, *, called: bool = False) -> Moment:
        """Tell when a file runs, or a fact in it; `called` takes functions that another file calls at load too."""
        if path in self.hook_files or path in {MANIFEST, GYP}:
            return Moment.INSTALL
        at_load = fact is None or fact.at_load or (called and path in self.called)
        if path in self.installed:
            return Moment.INSTALL
        return Moment.LOAD if at_load and path in self.loaded else Moment.CALL

    def each_fact(self, *behaviours: Behaviour) -> Iterator[tuple[str, Fact]]:
        """Every fact of some behaviours, with its file's path."""
        for path, facts in self.facts.items():
            for fact in facts.facts:
                if fact.behaviour in behaviours:
                    yield path, fact

    @cached_property
    def _flows(self) -> tuple[tuple[str, Flow], ...]:
        return tuple((path, flow) for path, facts in self.facts.items() for flow in whole_ways(facts.flows))

    def each_flow(self) -> Iterator[tuple[str, Flow]]:
        """Every flow with its file's path, those that lead over a written file or a decoding in one."""
        yield from self._flows

    def does(self, path: str, *behaviours: Behaviour) -> bool:
        """Whether a file does any of these."""
        known = self.facts.get(path)
        return known is not None and any(fact.behaviour in behaviours for fact in known.facts)

    def with_own(self, path: str) -> frozenset[str]:
        """Give a file with those of the package's own that it imports itself."""
        known = self.facts.get(path)
        return frozenset((path, *(imported_files(path, known, self.paths) if known is not None else ())))

    def each_hit(self, signature: str) -> Iterator[tuple[str, Hit]]:
        """Every match of a signature, with its file's path."""
        for path, hits in self.hits.items():
            for hit in hits:
                if hit.signature == signature:
                    yield path, hit

    @cached_property
    def own_places(self) -> tuple[str, ...]:
        """The hosts, and `host/owner` on shared ones, where the package says that its project lives."""
        registration = self.package.registration
        said = (registration.repository, registration.homepage) if registration else ()
        named = (*said, *project_addresses(self.contents.get(MANIFEST, b"")))
        return tuple(place for url in named if url and (place := _place(url)))

    @cached_property
    def code_bytes(self) -> int:
        """How large the package's code is in all."""
        return sum(file.size for file in self.package.files if file.path in self.facts and file.path != MANIFEST)

    @cached_property
    def documents(self) -> str:
        """What the package says about itself, in lower case: manifests and read-mes, 200,000 characters of each."""
        told = [file.data[:_TOLD] for file in self.package.files if _ABOUT.search(file.path)]
        return b"\n".join(told).decode("utf-8", "replace").lower()

    def serves(self, address: str) -> bool:
        """Whether a package is made for the service at an address: it is named after it, or tells of it."""
        host = host_of(address) or _HOST.split(address.lower(), maxsplit=1)[0]
        domain = _domain(host)
        label = domain.partition(".")[0]
        name = _NO_LETTERS.sub("", self.package.name.lower())
        named = not self.newcomer and len(label) >= _LABEL and _NO_LETTERS.sub("", label) in name
        return bool(domain) and (named or domain in self.documents or self.trusts(address))

    @cached_property
    def newcomer(self) -> bool:
        """Whether the package appeared only days before this release, so that its name vouches for nothing."""
        return history(self.package).new

    def trusts(self, address: str) -> bool:
        """Whether code of this package is expected to fetch from an address: its registry, its project's own places.

        A package names its project itself, so this makes a download everyday, never harmless.
        """
        host = host_of(address) or address.partition("/")[0].lower()
        if not address.lower().startswith(("https://", host)):
            return False
        if host in _REGISTRIES.get(self.package.ecosystem, _ANY_REGISTRY):
            return True
        return any(
            _place(address) == own if "/" in own else host == own or host.endswith(f".{own}") for own in self.own_places
        )


class _Contents(Mapping[str, bytes]):
    """The bytes of files by path, which are not read before they are asked for."""

    def __init__(self, files: Iterable[PackageFile]) -> None:
        self._files = {file.path: file for file in files}

    def __getitem__(self, path: str) -> bytes:
        return self._files[path].data

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


_TOLD = 200_000
_LABEL = 4
_ABOUT = re.compile(
    r"^(?:package\.json|pyproject\.toml|PKG-INFO|[^/]*\.dist-info/METADATA|readme[^/]*)$", re.IGNORECASE
)
_HOST = re.compile(r"[/:?#]")
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_SECOND_LEVELS = frozenset(("co", "com", "org", "net", "gov", "ac", "edu"))


def _domain(host: str) -> str:
    """Cut a host down to the domain that somebody registered."""
    parts = host.rstrip(".").split(".")
    count = 3 if len(parts) > 2 and parts[-2] in _SECOND_LEVELS else 2  # noqa: PLR2004 - example.co.uk
    return ".".join(parts[-count:]) if len(parts) > 1 else ""


_NPM = frozenset(("registry.npmjs.org", "registry.yarnpkg.com", "registry.npmmirror.com", "nodejs.org"))
_PYPI = frozenset(("pypi.org", "files.pythonhosted.org", "bootstrap.pypa.io", "www.python.org"))
_ANY_REGISTRY = _NPM | _PYPI
_REGISTRIES = {Ecosystem.NPM: _NPM, Ecosystem.PYPI: _PYPI}
_SHARED = frozenset(
    (
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "raw.githubusercontent.com",
        "objects.githubusercontent.com",
    )
)


def _place(url: str) -> str:
    text = url.removeprefix("git+").removesuffix(".git").strip()
    for short in ("git@", "ssh://git@"):
        if text.startswith(short):
            text = "https://" + text.removeprefix(short).replace(":", "/", 1)
    host = host_of(text).removeprefix("www.")
    if host not in _SHARED:
        return host
    owner = text.split("//", 1)[1].partition("/")[2].partition("/")[0].lower()
    return f"github.com/{owner}" if "github" in host else f"{host}/{owner}"
