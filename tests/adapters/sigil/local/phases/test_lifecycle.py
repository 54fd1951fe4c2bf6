"""Packages whose modules a framework loads and starts, scanned by the phases. All of it is inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Ecosystem, Package
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_CONFIG = "from django.apps import AppConfig\nclass Config(AppConfig):\n    name = 'sample'\n"
_READY = f"{_CONFIG}    def ready(self):\n        from sample import forms\n        forms.warm(self.path)\n"
_RUNS = (
    "import base64, pathlib\ndef warm(folder):\n"
    "    text = (pathlib.Path(folder) / 'locale' / 'app.po').read_text()\n    exec(base64.b64decode(text))\n"
)
_PLAIN = (
    "import base64, json, pathlib\ndef warm(folder):\n"
    "    return json.loads(base64.b64decode((pathlib.Path(folder) / 'table.txt').read_text()))\n"
)


def _application(pack: Pack, **files: str) -> Package:
    texts = {f"sample/{name.replace('__', '/')}.py": text for name, text in files.items()}
    return pack({"sample/__init__.py": "", **texts}, Ecosystem.PYPI)


@pytest.mark.parametrize(
    ("files", "dangerous"),
    [
        ({"apps": _READY, "forms": _RUNS}, True),
        ({"apps": _CONFIG, "models": f"{_RUNS}warm('.')\n"}, True),
        ({"apps": _CONFIG, "templatetags__tags": f"{_RUNS}warm('.')\n"}, True),
        ({"apps": _READY, "forms": _PLAIN}, False),
        ({"apps": _CONFIG, "forms": f"{_RUNS}warm('.')\n"}, False),
    ],
)
def test_modules_that_an_application_loads(
    *, files: dict[str, str], dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """What Django loads of an application, and starts, runs by itself once a project lists it."""
    assert outcome(_application(pack, **files)).dangerous is dangerous


_TABLE = (
    "import base64, json, pathlib, zlib\ndef table(folder):\n    text = (pathlib.Path(folder) / '{0}').read_bytes()\n"
)


@pytest.mark.parametrize(
    ("name", "brought", "use", "dangerous"),
    [
        ("words.txt", "words.txt", "exec(base64.b64decode(text))", True),
        ("logo.svg", "logo.svg", "eval(compile(zlib.decompress(text), 'a', 'exec'))", True),
        ("words.txt", "words.txt", "json.loads(base64.b64decode(text))", False),
        ("words.txt", "words.txt", "exec(text)", False),
        ("words.txt", "other.txt", "exec(base64.b64decode(text))", False),
        ("code.py", "code.py", "exec(base64.b64decode(text))", False),
    ],
)
def test_programs_in_texts_that_a_package_brings(
    *, name: str, brought: str, use: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """What is decoded out of a text or picture of the package and run is a program hidden there, whoever calls it."""
    files = {"sample/__init__.py": f"{_TABLE.format(name)}    return {use}\n", f"sample/{brought}": "aGVsbG8="}
    assert outcome(pack(files, Ecosystem.PYPI)).dangerous is dangerous
