"""The commands that an installation runs."""

from __future__ import annotations

import json

import pytest

from adapters.sigil.local.phases.hooks import gyp_hooks, inline_code, joined, named_files, npm_hooks


def hooks(**scripts: str) -> list[tuple[str, str]]:
    return [(hook.name, hook.command) for hook in npm_hooks(json.dumps({"scripts": scripts}).encode())]


def test_lifecycle_scripts_run_at_installation() -> None:
    """Preinstall, install, postinstall and prepare are hooks; test and start are none."""
    assert hooks(postinstall="node a", preinstall="node b", prepare="node c", test="node d", start="node e") == [
        ("preinstall", "node b"),
        ("postinstall", "node a"),
        ("prepare", "node c"),
    ]


def test_scripts_called_by_name_are_followed() -> None:
    """What a hook runs by `npm run` belongs to the hook, once, circles included."""
    found = hooks(postinstall="npm run build", build="yarn again && node build.js", again="npm run build")

    assert ("postinstall", "yarn again && node build.js") in found
    assert len(found) < 10


@pytest.mark.parametrize("manifest", [b"", b"{", b'{"scripts": 3}', b'{"scripts": {"install": {"a": 1}}}', b"[]"])
def test_broken_manifests_have_no_hooks(manifest: bytes) -> None:
    """A package.json that says nothing sensible has no hooks."""
    assert npm_hooks(manifest) == ()


def test_gyp_commands_are_hooks() -> None:
    """Commands that node-gyp runs while it reads a binding.gyp are hooks."""
    recipe = b"""{'targets': [{'include_dirs': ["<!(node -p \\"require('x').include\\")"],
      'actions': [{'action': ['sh', 'build.sh']}]}]}"""

    assert [hook.command.strip() for hook in gyp_hooks(recipe)][1:] == ["sh build.sh"]
    assert gyp_hooks(b"{'targets': [{'sources': ['a.c']}]}") == ()


@pytest.mark.parametrize(
    ("line", "code", "python"),
    [
        ("node -e \"console.log('a b')\"", "console.log('a b')", False),
        ("cd x && node --no-warnings -e 'x()' || true", "x()", False),
        ("python3 -c 'import os'", "import os", True),
    ],
)
def test_inline_code(line: str, code: str, python: bool) -> None:
    """Code that a command hands to an interpreter is found."""
    assert [(each.code, each.python) for each in inline_code(line)] == [(code, python)]


def test_other_options_are_no_code() -> None:
    """A program's own `-e` or `-c` hands over no code."""
    assert inline_code("grep -e pattern file && tsc -p tsconfig.json") == ()


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("node scripts/setup", "scripts/setup.js"),
        ("node ./scripts/setup.js --quiet", "scripts/setup.js"),
        ("is-ci || node lib", "lib/index.js"),
        ("sh run.sh", "run.sh"),
        ("./run.sh", "run.sh"),
        ("ts-node types.js", "types.ts"),
    ],
)
def test_names_own_files(line: str, file: str) -> None:
    """A command names files of the package as Node and shells resolve them."""
    paths = frozenset(("scripts/setup.js", "lib/index.js", "run.sh", "types.ts"))

    assert list(named_files(line, paths)) == [file]


def test_foreign_programs_are_no_files() -> None:
    """The name of a program is no file of the package, even if one is called so."""
    assert list(named_files("husky install && webpack", frozenset(("husky", "webpack.js", "install.js")))) == []


def test_paths_stay_within_the_package() -> None:
    """A relative path that leaves the package leads nowhere."""
    assert joined("a/b", "../c.js") == "a/c.js"
    assert joined("a", "../../c.js") is None
