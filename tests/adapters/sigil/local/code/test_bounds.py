"""Bounds of the work on code that is made to take for ever; each took minutes before. All of it is inert text."""

from __future__ import annotations

from adapters.sigil.local.code.javascript import javascript_facts, javascript_program
from adapters.sigil.local.code.joined import Joined
from adapters.sigil.local.code.python import python_facts
from adapters.sigil.local.code.python.words import telling_offsets
from adapters.sigil.local.code.telling_planted import planted_text

_ACTS = "eval(process.env);"


def test_exports_of_exports_count_as_work() -> None:
    """Modules that all hand on each other's names are read until the bound on work, and told to be unfinished."""
    names = "".join(f"export * from './m{number}';" for number in range(60))
    own = (f"{_ACTS}{names}" + "".join(f"export let x{part}_{each} = 1;" for each in range(60)) for part in range(60))
    joined = Joined((f"m{number}.js", text.encode()) for number, text in enumerate(own))
    assert not javascript_program(joined).parsed


def test_flows_are_bounded() -> None:
    """A file in which everything flows everywhere is told to be unfinished, with as many flows as anybody needs."""
    found = javascript_facts("index.js", ("var b;" + "b = [...process.env, b]; eval(b);" * 700).encode())
    assert (found.parsed, len(found.flows) < 25_000) == (False, True)


def test_inherited_members_count_as_work() -> None:
    """Thousands of classes that inherit hundreds of methods are read until the bound on work."""
    methods = "".join(f"    def m{number}(self): return eval(self)\n" for number in range(300))
    heirs = "".join(f"class C{number}(B): pass\n" for number in range(3_000))
    assert not python_facts("a.py", f"class B:\n{methods}{heirs}".encode()).parsed


def test_finders_are_called_once() -> None:
    """A finder that registers finders is gone through once, not once more for each of all."""
    finders = (
        f"class F{number}:\n    def find_spec(self): sys.meta_path.append(self)\n    def get_code(self): exec(self)\n"
        for number in range(500)
    )
    assert python_facts("a.py", f"import sys\n{''.join(finders)}sys.meta_path.append(F1())\n".encode()).parsed


def test_calls_of_a_mapping_count_as_work() -> None:
    """What a mapping calls for each of thousands of elements is work like any other."""
    assert not python_facts("a.py", b"x = map(eval, map(eval, range(4000)))\n" * 300).parsed


def test_nothing_put_together_is_nothing() -> None:
    """Texts and paths put together of no parts at all are read, too."""
    assert javascript_facts("index.js", b"eval(process.env); require('path').join(); ''.concat(); `${}`;").facts


def test_imports_of_everyday_names_end() -> None:
    """Names between blanks can be divided in more ways than anybody has time for."""
    assert telling_offsets(b"from os import" + b" path " * 3_000 + b"x\n")


def test_keys_of_modules_that_do_not_end_are_read_once() -> None:
    """A name of a megabyte without its closing quote."""
    assert telling_offsets(b'sys.modules["' + b"a" * 1_000_000)


def test_planted_texts_are_gone_through_once() -> None:
    """A long text in which two words are looked for wherever they stand."""
    assert not planted_text("x = 1\n" * 3_000)
    assert planted_text("x = 1\n" * 3_000 + '{"runOn": "folderOpen", "type": "shell"}')
