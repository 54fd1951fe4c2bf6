"""Reads the corpus: inert attack samples and the benign twins that look alike, as packages to be scanned.

A sample is one text file, `<set>/<phase>/<name>.<attack|twin>.sample`: lines of `key: value` (phase, also, held_out,
ecosystem, name, version, what, archive), then sections that each begin with a line `--- path` and are the published
files. The section `registration` is what the registry says, in JSON; there `-3d` stands for three days ago. Samples
that are held out were not looked at while the engine was mended. Those of the set `blind` were written without
looking at the engine or at the other samples: they are a measure of it, not a gate. Those of the set `mended` were
blind until the engine was mended by them: they are a gate like the tuned, and no measure any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.linking import linked
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration
from adapters.sigil.local.phases.code_patterns import code_patterns
from adapters.sigil.local.phases.credentials import credentials
from adapters.sigil.local.phases.install_hooks import install_hooks
from adapters.sigil.local.phases.network_exfil import network_exfil
from adapters.sigil.local.phases.obfuscation import obfuscation
from adapters.sigil.local.phases.provenance import provenance
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.score import HIGH_RISK, judge
from adapters.sigil.local.signatures import signature_hits
from adapters.sigil.models import PhaseName, Verdict

CORPUS = Path(__file__).parent
BLIND = CORPUS / "blind"
REGISTRATION = "registration"
PHASES = (install_hooks, code_patterns, network_exfil, credentials, obfuscation, provenance)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """An attack or a twin: what it models, and the package it would be."""

    what: str
    package: Package


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An attack of a phase, and its benign twin; `also` are phases that it is as much an attack of."""

    name: str
    phase: PhaseName
    also: frozenset[PhaseName]
    held_out: bool
    blind: bool
    attack: Sample
    twin: Sample


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine makes of a sample: `rules` are those that weigh, `phases` those with a finding."""

    score: int
    verdict: Verdict
    phases: frozenset[PhaseName]
    rules: tuple[str, ...]

    @property
    def flagged(self) -> bool:
        """Whether the verdict is HIGH_RISK or worse."""
        return self.score >= HIGH_RISK


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A pair, judged."""

    pair: Pair
    attack: Judged
    twin: Judged

    @property
    def named(self) -> bool:
        """Whether the attack has a finding in a phase that it is an attack of."""
        return bool(self.attack.phases & {self.pair.phase, *self.pair.also})


def read_pairs() -> tuple[Pair, ...]:
    """Read the whole corpus, in the order of its files' paths."""
    return tuple(_pair(path) for path in sorted(CORPUS.rglob("*.attack.sample")))


def measure(pair: Pair) -> Measured:
    """Judge both packages of a pair."""
    return Measured(pair=pair, attack=judge_package(pair.attack.package), twin=judge_package(pair.twin.package))


def judge_package(package: Package) -> Judged:
    """Run the engine over a package: facts, signatures, the six phases, the score."""
    scanned = Scanned(package, linked(package, facts_of(package.files)), signature_hits(package.files))
    found = {PhaseName(phase.__name__): phase(scanned) for phase in PHASES}
    phases, score, verdict = judge(found)
    return Judged(
        score=score,
        verdict=verdict,
        phases=frozenset(name for name, phase in phases.items() if phase.findings),
        rules=tuple(f"{each.rule} {each.weight:g}" for phase in phases.values() for each in phase.findings),
    )


def recall(measured: Sequence[Measured]) -> float:
    """Share of the attacks that are flagged; 0 where there are none."""
    return sum(each.attack.flagged for each in measured) / max(len(measured), 1)


def false_alarms(measured: Sequence[Measured]) -> float:
    """Share of the twins that are flagged; 0 where there are none."""
    return sum(each.twin.flagged for each in measured) / max(len(measured), 1)


def _pair(attack: Path) -> Pair:
    header, sample = _read(attack)
    _, twin = _read(attack.with_name(attack.name.replace(".attack.", ".twin.")))
    phase = PhaseName(header["phase"])
    name = f"{phase}/{attack.name.removesuffix('.attack.sample')}"
    also = frozenset(PhaseName(each) for each in header.get("also", "").split())
    return Pair(
        name=name,
        phase=phase,
        also=also,
        held_out="held_out" in header,
        blind=attack.is_relative_to(BLIND),
        attack=sample,
        twin=twin,
    )


def _read(path: Path) -> tuple[dict[str, str], Sample]:
    head, *sections = re.split(r"^--- ", path.read_text("utf-8"), flags=re.MULTILINE)
    header = dict(line.split(": ", 1) for line in head.splitlines())
    texts = dict(section.split("\n", 1) for section in sections)
    registration = texts.pop(REGISTRATION, None)
    package = Package(
        ecosystem=Ecosystem(header["ecosystem"]),
        name=header["name"],
        version=header["version"],
        files=tuple(PackageFile(name, text.encode()) for name, text in texts.items()),
        archive=header.get("archive", ""),
        registration=None if registration is None else _registration(registration),
    )
    return header, Sample(what=header["what"], package=package)


def _registration(text: str) -> Registration:
    now = datetime.now(UTC)
    dated = re.sub(r'"-(\d+)d"', lambda match: f'"{(now - timedelta(days=int(match[1]))).isoformat()}"', text)
    return msgspec.json.decode(dated, type=Registration)
