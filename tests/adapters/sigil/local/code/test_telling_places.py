"""What paths and names say: whose folders, whose code, which secrets."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.telling import archived
from adapters.sigil.local.code.telling_places import (
    Secret,
    application_code,
    foreign_module,
    outside_folder,
    powerful_code,
    secret_parameter,
    unknown_root,
    wide_root,
)


@pytest.mark.parametrize(
    "path", ["~", "/", "C:\\\\", "../../", "~/Documents", "~/**/*", "/home/…", "{HOME}/Desktop", "C:/Users/{name}"]
)
def test_wide_roots(path: str) -> None:
    """Home, a disk, documents and what lies above the working folder are somebody's own."""
    assert wide_root(path)


@pytest.mark.parametrize(
    "path", ["dist", "~/.cache/tool", "./build", "…/lib", "/tmp/x", "~/.config/tool/*.json", "src/**"]
)
def test_narrow_roots(path: str) -> None:
    """Build folders, caches and a tool's own settings are nobody's treasure."""
    assert not wide_root(path)


def test_roots_of_which_nothing_is_known() -> None:
    """What is computed has no known root; an absolute folder that is not for temporary files is outside."""
    assert unknown_root("…/…")
    assert unknown_root("{folder}")
    assert not unknown_root("…/lib")
    assert outside_folder("/srv/data")
    assert not outside_folder("/tmp/data")


@pytest.mark.parametrize(
    "path",
    [
        "…/modules/discord_desktop_core/index.js",
        "/Applications/Tool.app/Contents/resources/app.asar",
        "~/.vscode/extensions/a.b-1.0.0/main.js",
        "…/Google/Chrome/User Data/Default/Extensions/abc/1.0/background.js",
    ],
)
def test_code_of_applications(path: str) -> None:
    """Desktop applications and extensions are told by where their code lies."""
    assert application_code(path)
    assert not application_code("src/extensions.js")


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("…/node_modules/axios/lib/axios.js", "axios"),
        ("node_modules/@scope/name/index.cjs", "@scope/name"),
        ("{site.getsitepackages()[]}/requests/api.py", "requests"),
        ("{requests.__file__}", "requests"),
        ("node_modules/.cache/tool/index.js", ""),
        ("lib/axios.js", ""),
    ],
)
def test_code_of_other_packages(path: str, module: str) -> None:
    """The package whose code lies at a path is named; caches and own files are none."""
    assert foreign_module(path) == module


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("privateKey", Secret.KEY),
        ("mnemonic", Secret.KEY),
        ("seed_phrase", Secret.KEY),
        ("userPassword", Secret.PASSWORD),
        ("accessToken", Secret.TOKEN),
        ("api_key", Secret.TOKEN),
        ("key", None),
        ("tokenizer", None),
        ("seedling", None),
        ("passage", None),
    ],
)
def test_secret_parameters(name: str, kind: Secret | None) -> None:
    """Parameters that are handed secrets are told by their names, whatever their spelling."""
    assert secret_parameter(name) is kind


def test_text_that_is_powerful_code() -> None:
    """A text that talks to others or runs something is powerful code; settings are not."""
    assert powerful_code("module.exports = require('https').get('https://a.invalid')")
    assert not powerful_code("module.exports = { colour: 'blue' }")


def test_archives_made_by_commands() -> None:
    """A command line tells which archive it makes of what."""
    assert archived("tar czf /tmp/a.tgz ~/Documents") == ("/tmp/a.tgz", ("czf", "~/Documents"))
    assert archived("zip -r out.zip ~") == ("out.zip", ("~",))
    assert archived("echo zip") == ("", ())
