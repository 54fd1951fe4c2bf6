"""Pickles that a package brings along: read instruction by instruction, never loaded."""

from __future__ import annotations

import collections
import datetime as dt
import os
import pickle
import subprocess

import msgspec
import pytest

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.material import Ecosystem, PackageFile
from adapters.sigil.local.phases.code_patterns import code_patterns
from adapters.sigil.local.phases.pickled import makes_data, runs_something
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import Severity
from tests.adapters.sigil.local.phases.conftest import Pack

_PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
_DATA = {"a": [1, 2.5, None, "os", "system"], "b": dt.date(2024, 1, 1), "c": collections.OrderedDict(x=1)}


class Prints:
    """Is a call of a builtin to whoever loads its pickle."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("inert",))


class Starts:
    """Runs an inert command of whoever loads its pickle."""

    def __init__(self, way: object, command: object) -> None:
        self.way, self.command = way, command

    def __reduce__(self) -> tuple[object, ...]:
        return (self.way, (self.command,))


@pytest.mark.parametrize("protocol", _PROTOCOLS)
def test_data_is_told_from_calls(protocol: int) -> None:
    """Dates and dictionaries are data, the names of modules as texts too; a function is none, whatever comes before."""
    assert makes_data(pickle.dumps(_DATA, protocol), frozenset())
    assert not makes_data(pickle.dumps([_DATA, Prints()], protocol), frozenset())


def test_classes_of_the_package_are_data() -> None:
    """What a package's own classes are made of is its own business; the same of a stranger is not."""
    made = b"csample.tables\nTable\n)\x81."
    assert makes_data(made, frozenset(("sample",)))
    assert not makes_data(made, frozenset(("other",)))


@pytest.mark.parametrize(
    "hidden",
    [
        b"\x8c\x02os\x8c\x06system\x8c\x08builtins\x8c\x03set00\x93.",  # the names that count lie below
        b"\x8c\x08builtins\x8c\x03setU\x02osU\x06system\x93.",  # texts of old protocols
        b"\x82\x01.",  # a number that stands for a function
        b"no pickle at all",
        b"",
    ],
)
def test_what_cannot_be_followed_is_no_data(hidden: bytes) -> None:
    """Names that the instructions hide, and bytes that are no pickle, are never taken for data."""
    assert not makes_data(hidden, frozenset())


@pytest.mark.parametrize(("content", "severity"), [(_DATA, Severity.LOW), (Prints(), Severity.CRITICAL)])
def test_a_table_that_is_loaded(content: object, severity: Severity, pack: Pack) -> None:
    """A pickle of data that a package loads is a hint, one that calls something is an attack."""
    code = "import os, pickle\nTABLE = pickle.load(open(os.path.join(os.path.dirname(__file__), 'table.dat'), 'rb'))"
    package = pack({"sample/__init__.py": code}, Ecosystem.PYPI)
    files = (*package.files, PackageFile("sample/table.dat", pickle.dumps(content)))
    package = msgspec.structs.replace(package, files=files)
    found = code_patterns(Scanned(package, facts_of(files), {}))
    assert [each.severity for each in found if each.rule == "outside-data-run"] == [severity]


@pytest.mark.parametrize("protocol", _PROTOCOLS)
@pytest.mark.parametrize("armed", [Starts(os.system, "true"), Starts(subprocess.Popen, ["true"]), Starts(eval, "1")])
def test_a_function_that_runs_something_is_found(protocol: int, armed: Starts) -> None:
    """Shells, programs and evaluations are found in every protocol, with data before them."""
    assert runs_something(pickle.dumps({"table": _DATA, "x": armed}, protocol))
    assert not runs_something(pickle.dumps({"table": _DATA, "os": "system", "x": Prints()}, protocol))


def test_a_pickle_that_breaks_after_its_call_is_found() -> None:
    """What stands behind the call has no say: it has run by then."""
    assert runs_something(b"cos\nsystem\n(Vtrue\ntR0\xff\xff not a pickle any more")
    assert not runs_something(b"no pickle at all")


@pytest.mark.parametrize(
    "name", ["'words.pkl'", "f'words-{language}.pkl'", "(language + '.pkl')"], ids=["named", "chosen", "any"]
)
@pytest.mark.parametrize(("content", "armed"), [(_DATA, False), (Starts(os.system, "true"), True)])
def test_a_table_that_is_loaded_when_somebody_asks(content: object, armed: bool, name: str, pack: Pack) -> None:
    """A pickle that runs something is an attack whenever it is loaded, and though its name is put together."""
    code = (
        "import pickle\nfrom pathlib import Path\n"
        f"def table(language):\n    return pickle.loads((Path(__file__).parent / {name}).read_bytes())\n"
    )
    package = pack({"sample/__init__.py": code}, Ecosystem.PYPI)
    files = (*package.files, PackageFile("sample/words.pkl", pickle.dumps(content)))
    package = msgspec.structs.replace(package, files=files)
    found = code_patterns(Scanned(package, facts_of(files), {}))
    assert any(each.severity is Severity.CRITICAL for each in found) == armed
