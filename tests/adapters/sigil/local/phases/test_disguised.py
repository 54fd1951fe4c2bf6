"""Code in files that pass for something else. All of it is inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_CODE = "require('child_process').exec('true');"
_WHEEL = "sample-1.0.0-py3-none-any.whl"


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[..., Outcome]:
    """Files, and what the phases make of them."""
    return lambda files, **told: outcome(pack(files, **told))


def test_a_hook_runs_what_passes_for_a_picture(scan: Callable[..., Outcome]) -> None:
    """A lifecycle script may hand any file to an interpreter."""
    manifest = {"name": "sample", "scripts": {"postinstall": "node art/logo.png"}}
    outcome = scan({"package.json": manifest, "art/logo.png": _CODE})
    assert outcome.rules(PhaseName.OBFUSCATION) == {"disguised-code"}
    assert outcome.dangerous


@pytest.mark.parametrize(("held", "dangerous"), [(_CODE, True), ("PNG", False)])
def test_required_pictures_are_read(held: str, dangerous: bool, scan: Callable[..., Outcome]) -> None:
    """Node takes any ending for JavaScript; a bundler takes pictures for addresses."""
    files = {"package.json": {"name": "sample"}, "index.js": "require('./logo.png');", "logo.png": held}
    assert scan(files).dangerous is dangerous


def test_data_that_is_run(scan: Callable[..., Outcome]) -> None:
    """A file that is no code by its name is read and run as the module loads; a module of the package is not data."""
    for name, dangerous in (("logo.png", True), ("_version.py", False)):
        code = f"import os\nexec(open(os.path.join(os.path.dirname(__file__), '{name}')).read())\n"
        files = {"sample/__init__.py": code, f"sample/{name}": "x = 1"}
        assert scan(files, ecosystem=Ecosystem.PYPI, archive=_WHEEL).dangerous is dangerous


def test_byte_code_without_its_source(scan: Callable[..., Outcome]) -> None:
    """Imported byte code is told where the package has no source of it, not where both are there."""
    bare = {"sample/__init__.py": "from . import _core\n", "sample/_core.pyc": "x"}
    for files, dangerous in ((bare, True), ({**bare, "sample/_core.py": "x = 1"}, False)):
        assert scan(files, ecosystem=Ecosystem.PYPI, archive=_WHEEL).dangerous is dangerous
