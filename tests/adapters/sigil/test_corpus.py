from __future__ import annotations

import re
from collections import Counter

import pytest

from adapters.sigil.models import PhaseName
from tests.adapters.sigil.corpus.samples import (
    CORPUS,
    Measured,
    Pair,
    Sample,
    false_alarms,
    measure,
    read_pairs,
    recall,
)

LEAST_PAIRS = 40
LEAST_RECALL = 0.95
MOST_FALSE_ALARMS = 0.05
INERT = re.compile(
    r".+\.invalid|1\.a|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+"
    r"|169\.254\.(?:169\.254|170\.2)|metadata\.google\.internal"
)
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
ABOUT = {"package.json", "README.md"}


@pytest.fixture(scope="module")
def pairs() -> tuple[Pair, ...]:
    """The whole corpus."""
    return read_pairs()


@pytest.fixture(scope="module")
def measured(pairs: tuple[Pair, ...]) -> tuple[Measured, ...]:
    """The corpus, judged, but for the blind pairs: they are a measure that `bench/corpus.py` reports, not a gate."""
    return tuple(measure(pair) for pair in pairs if not pair.blind)


@pytest.fixture(scope="module")
def tuned(measured: tuple[Measured, ...]) -> tuple[Measured, ...]:
    """The judged pairs that the engine was mended by."""
    return tuple(each for each in measured if not each.pair.held_out)


def test_pairs_over_all_phases(pairs: tuple[Pair, ...]) -> None:
    """At least forty pairs are there to tune by, several in every phase, and two or more held out."""
    shown = Counter(pair.phase for pair in pairs if not pair.held_out and not pair.blind)
    held_out = Counter(pair.phase for pair in pairs if pair.held_out)
    assert shown.total() >= LEAST_PAIRS
    assert all(shown[phase] >= 5 and held_out[phase] >= 2 for phase in PhaseName)


def test_nothing_to_run() -> None:
    """The corpus is text that no tool takes for code: samples, and the module that reads them."""
    found = {path.name for path in CORPUS.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {name for name in found if not name.endswith((".attack.sample", ".twin.sample"))} == {"samples.py"}


def test_attacks_reach_no_one(pairs: tuple[Pair, ...]) -> None:
    """Every address that an attack's code writes out is under .invalid, for documentation, or a cloud's metadata."""
    reached = {(pair.name, host) for pair in pairs for host in hosts(pair.attack)}
    assert {(name, host) for name, host in reached if not INERT.fullmatch(host)} == set()


def test_attacks_are_found(tuned: tuple[Measured, ...]) -> None:
    """At least 95 % of the attacks are judged HIGH_RISK or worse."""
    missed = [f"{each.pair.name} {each.attack.score} {each.attack.rules}" for each in tuned if not each.attack.flagged]
    assert recall(tuned) >= LEAST_RECALL, "\n".join(["missed:", *missed])


def test_twins_are_left_alone(tuned: tuple[Measured, ...]) -> None:
    """At most 5 % of the benign twins are judged HIGH_RISK or worse."""
    flagged = [f"{each.pair.name} {each.twin.score} {each.twin.rules}" for each in tuned if each.twin.flagged]
    assert false_alarms(tuned) <= MOST_FALSE_ALARMS, "\n".join(["flagged:", *flagged])


def test_attacks_are_named_in_their_phase(tuned: tuple[Measured, ...]) -> None:
    """An attack has a finding in the phase that it is an attack of, or in one that it is as much an attack of."""
    assert [f"{each.pair.name} {each.attack.rules}" for each in tuned if not each.named] == []


def test_rates_hold_with_the_held_out(measured: tuple[Measured, ...]) -> None:
    """The rates hold with the held out pairs too (not the blind); unnamed here, for they are not to be tuned by."""
    assert (recall(measured) >= LEAST_RECALL, false_alarms(measured) <= MOST_FALSE_ALARMS) == (True, True)


def hosts(sample: Sample) -> set[str]:
    """The hosts that a sample's files write out, its description of itself left aside."""
    text = "\n".join(file.data.decode() for file in sample.package.files if file.path not in ABOUT)
    named = re.findall(r"https?://([\w.-]*\w)", text)
    numbers = [each for each in IPV4.findall(text) if all(int(part) <= 255 for part in each.split("."))]
    return {host for host in named + numbers if "." in host}
