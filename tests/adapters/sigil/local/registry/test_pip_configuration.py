from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from adapters.errors import InvalidInput
from adapters.sigil.local.registry.material import Credential, PypiConfiguration
from adapters.sigil.local.registry.pip_configuration import pip_configuration


def read(root: Path, environment: dict[str, str] | None = None, **settings: str) -> PypiConfiguration:
    """Read with all of pip's files below `root`, which `PIP_CONFIG_FILE` puts before those of this machine."""
    told = {
        "XDG_CONFIG_DIRS": str(root / "machine"),
        "XDG_CONFIG_HOME": str(root / "user"),
        "VIRTUAL_ENV": str(root / "venv"),
    }
    return pip_configuration(told | (environment or {}), root, **settings)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_nearest_configuration_wins(tmp_path: Path) -> None:
    """Setting of ours, environment, chosen file, virtual environment, user, old user file: in this order."""
    for name in ("chosen", "venv/pip.conf", "user/pip/pip.conf", ".pip/pip.conf"):
        write(tmp_path / name, f"[global]\nindex-url = https://{name.split('/')[0].strip('.')}.invalid/simple/\n")
    everything = {"PIP_CONFIG_FILE": str(tmp_path / "chosen"), "PIP_INDEX_URL": "https://env.invalid/simple"}
    assert read(tmp_path, everything, index="https://ours.invalid/simple/").indexes == ("https://ours.invalid/simple",)
    assert read(tmp_path, everything).indexes[0] == "https://env.invalid/simple"
    del everything["PIP_INDEX_URL"]
    assert read(tmp_path, everything).indexes[0] == "https://chosen.invalid/simple"
    for name in ("venv", "user", "pip"):
        assert read(tmp_path).indexes[0] == f"https://{name}.invalid/simple"
        path = next(tmp_path.glob(f"{name}/**/pip.conf"), tmp_path / ".pip/pip.conf")
        path.unlink()


def test_no_file_is_read_where_the_user_says_so(tmp_path: Path) -> None:
    """As pip has it for PIP_CONFIG_FILE set to the null device."""
    write(tmp_path / "venv/pip.conf", "[global]\nindex-url = https://venv.invalid/simple\n")
    assert read(tmp_path, {"PIP_CONFIG_FILE": os.devnull}) == PypiConfiguration(("https://pypi.org/simple",))


def test_extra_indexes_follow_the_main_one(tmp_path: Path) -> None:
    """Also with underscores and in the section of `install`; folders are passed over."""
    extra = "[install]\nextra_index_url =\n  https://b.invalid/simple\n  file:///srv/simple\n  https://u:p@c.invalid/simple\n"
    write(tmp_path / "chosen", f"[global]\nindex-url = https://a.invalid/simple\n{extra}")
    found = read(tmp_path, {"PIP_CONFIG_FILE": str(tmp_path / "chosen")})
    assert found.indexes == ("https://a.invalid/simple", "https://b.invalid/simple", "https://c.invalid/simple")
    authorization = "Basic " + base64.b64encode(b"u:p").decode()
    assert found.credentials == (Credential("c.invalid/simple/", authorization),)


def test_a_bad_address_is_named_by_its_setting_and_not_shown(tmp_path: Path) -> None:
    """It may hold a password."""
    with pytest.raises(InvalidInput, match="pip's index-url holds no http or https address") as refused:
        read(tmp_path, {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "htp://me:secret@r.invalid"})
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_configuration_counts_as_empty(tmp_path: Path) -> None:
    """Garbage in the chosen file leaves what the others say."""
    write(tmp_path / "venv/pip.conf", "[global]\nindex-url = https://venv.invalid/simple\n")
    write(tmp_path / "chosen", "index-url without a section\n")
    assert read(tmp_path, {"PIP_CONFIG_FILE": str(tmp_path / "chosen")}).indexes == ("https://venv.invalid/simple",)
