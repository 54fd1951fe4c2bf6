"""Packages made of a few texts, scanned by the phases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec
import pytest

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact, Flow
from adapters.sigil.local.linking import linked
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration
from adapters.sigil.local.phases.code_patterns import code_patterns
from adapters.sigil.local.phases.credentials import credentials
from adapters.sigil.local.phases.install_hooks import install_hooks
from adapters.sigil.local.phases.network_exfil import network_exfil
from adapters.sigil.local.phases.obfuscation import obfuscation
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.score import judge
from adapters.sigil.local.signatures import signature_hits
from adapters.sigil.models import Phase, PhaseName, Verdict

_PHASES = {
    PhaseName.INSTALL_HOOKS: install_hooks,
    PhaseName.CODE_PATTERNS: code_patterns,
    PhaseName.NETWORK_EXFIL: network_exfil,
    PhaseName.CREDENTIALS: credentials,
    PhaseName.OBFUSCATION: obfuscation,
}


class Outcome(msgspec.Struct):
    """What came out of a scan, and the names of the rules that add to it."""

    phases: dict[PhaseName, Phase]
    score: int
    verdict: Verdict

    @property
    def dangerous(self) -> bool:
        return self.verdict in (Verdict.HIGH_RISK, Verdict.CRITICAL_RISK)

    def rules(self, phase: PhaseName) -> set[str]:
        return {finding.rule for finding in self.phases[phase].findings}


class Pack(Protocol):
    def __call__(
        self,
        files: Mapping[str, str | Mapping[str, object]],
        ecosystem: Ecosystem = Ecosystem.NPM,
        archive: str = "",
        repository: str | None = None,
    ) -> Package: ...


class Make(Protocol):
    def __call__(
        self,
        files: Mapping[str, tuple[Fact | Flow, ...]],
        scripts: Mapping[str, str] | None = None,
        main: str = "index.js",
    ) -> Scanned: ...


@pytest.fixture
def pack() -> Pack:
    def packed(
        files: Mapping[str, str | Mapping[str, object]],
        ecosystem: Ecosystem = Ecosystem.NPM,
        archive: str = "",
        repository: str | None = None,
    ) -> Package:
        return Package(
            ecosystem=ecosystem,
            name="sample",
            version="1.0.0",
            archive=archive,
            files=tuple(
                PackageFile(path, (text if isinstance(text, str) else json.dumps(text, indent=2)).encode())
                for path, text in files.items()
            ),
            registration=Registration(repository=repository),
        )

    return packed


@pytest.fixture
def outcome() -> Callable[[Package], Outcome]:
    """Scan a package from its bytes, all but provenance."""

    def scan(package: Package) -> Outcome:
        scanned = Scanned(package, linked(package, facts_of(package.files)), signature_hits(package.files))
        phases, score, verdict = judge({name: phase(scanned) for name, phase in _PHASES.items()})
        return Outcome(phases, score, verdict)

    return scan


@pytest.fixture
def made() -> Make:
    """A package whose facts are written by hand."""

    def make(
        files: Mapping[str, tuple[Fact | Flow, ...]], scripts: Mapping[str, str] | None = None, main: str = "index.js"
    ) -> Scanned:
        manifest = json.dumps({"name": "sample", "main": main, "scripts": dict(scripts or {})}).encode()
        package = Package(
            ecosystem=Ecosystem.NPM,
            name="sample",
            version="1.0.0",
            files=(PackageFile("package.json", manifest), *(PackageFile(path, b"//") for path in files)),
            registration=Registration(repository="git+https://github.com/someone/sample.git"),
        )
        facts = {
            path: CodeFacts(
                facts=tuple(known for known in said if isinstance(known, Fact))
                + tuple(end for known in said if isinstance(known, Flow) for end in (known.source, known.sink)),
                flows=tuple(known for known in said if isinstance(known, Flow)),
            )
            for path, said in files.items()
        }
        return Scanned(package, facts, {})

    return make


@pytest.fixture
def fact() -> Callable[..., Fact]:
    def known(behaviour: Behaviour, detail: str = "", line: int = 1, *, at_load: bool = True) -> Fact:
        return Fact(behaviour=behaviour, line=line, snippet=f"{behaviour}({detail})", detail=detail, at_load=at_load)

    return known
