"""Commands of a package that take the place of programs that everybody has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.package_json import MANIFEST, read_manifest
from adapters.sigil.local.phases.judging import BAD, Rule, finding
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.provenance.popular import is_popular
from adapters.sigil.models import Finding

_PROGRAMS = frozenset(
    ("npm", "npx", "yarn", "pnpm", "node", "bun", "deno", "git", "gh", "ssh", "scp", "sudo", "su", "curl", "wget",
     "python", "python3", "pip", "pip3", "docker", "kubectl", "aws", "gcloud", "terraform", "ls", "cat", "cd", "cp",
     "mv", "rm", "sh", "bash", "zsh", "env", "which", "grep", "make", "gcc", "tar", "java", "go", "cargo", "psql")
)  # fmt: skip
_WORDS = re.compile(r"[a-z\d]+")
_RULE = Rule("command-shadowed", "A command of the package takes the place of a program that everybody has.")


def shadowed(scanned: Scanned) -> Iterator[Finding]:
    """Find commands named after well-known programs in a package that has nothing to do with these by its name."""
    data = scanned.contents.get(MANIFEST)
    package = scanned.package
    if data is None or package.ecosystem is Ecosystem.PYPI or is_popular(Ecosystem.NPM, package.name):
        return
    commands = read_manifest(data).get("bin")
    words = _WORDS.findall(package.name.lower())
    for name in sorted(_PROGRAMS.intersection(commands) if isinstance(commands, dict) else ()):
        if not any(word.startswith(name) for word in words):
            line = data.count(b"\n", 0, max(data.find(b'"bin"'), 0)) + 1
            yield finding(_RULE, BAD, MANIFEST, line, f"bin: {name}")
