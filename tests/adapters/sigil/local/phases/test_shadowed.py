"""Commands that take the place of well-known programs."""

from __future__ import annotations

import pytest
from msgspec import structs

from adapters.sigil.local.phases.install_hooks import install_hooks
from adapters.sigil.local.phases.scanned import Scanned
from tests.adapters.sigil.local.phases.conftest import Pack


@pytest.mark.parametrize(
    ("name", "commands", "told"),
    [
        ("sample", {"npm": "x.js"}, True),
        ("sample", {"sample": "x.js"}, False),
        ("sample", "x.js", False),
        ("node-linux-riscv", {"node": "x"}, False),
        ("corepack", {"pnpm": "x", "yarn": "x"}, False),
    ],
)
def test_commands_named_after_others(name: str, commands: object, told: bool, pack: Pack) -> None:
    """A command of a known program's name is told, unless the package's own name says why, or everybody knows it."""
    package = structs.replace(pack({"package.json": {"name": name, "bin": commands}, "x.js": ""}), name=name)
    rules = {finding.rule for finding in install_hooks(Scanned(package, {}, {}))}
    assert ("command-shadowed" in rules) is told
