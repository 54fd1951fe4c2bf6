"""Code that hides what it does, and code that is only compact."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact, Flow
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.obfuscation import obfuscation
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import PhaseName, Severity

_PAYLOAD = base64.b64encode(b"require('child_process').exec('id')").decode()
_NPM = {
    "encoded-payload-run": f"eval(Buffer.from('{_PAYLOAD}', 'base64').toString())",
    "code-far-right": "module.exports = {};" + " " * 300 + "require('child_process').exec('id');",
    "invisible-text": "run(`" + "".join(chr(0xE0100 + each % 200) for each in range(200)) + "`)",
    "six-character-code": "[][(![]+[])[+[]]]" + "[+!+[]]" * 40,
}
_PYTHON = {
    "encoded-payload-run": f"import base64\nexec(base64.b64decode('{_PAYLOAD}'))\n",
    "packer": "exec(__import__('zlib').decompress(__import__('base64').b64decode(b'eJw')))\n",
}
_TWINS = {
    "minified": "!function(e){var t={};function n(r){if(t[r])return t[r].exports}n.m=e}([function(e,t){e.exports=1}]);"
    * 300,
    "an inlined picture": f"exports.logo = Buffer.from('{'iVBORw0KGgo' * 60}', 'base64')",
    "a worker from text": "exports.start = (code) => new Worker(URL.createObjectURL(new Blob([code])))",
    "decodes a token": "exports.read = (t) => JSON.parse(Buffer.from(t.split('.')[1], 'base64').toString())",
}


@pytest.mark.parametrize("rule", _NPM)
def test_finds_obfuscation_in_javascript(pack: Any, outcome: Any, rule: str) -> None:
    """Each way to hide code is found by its rule, and is HIGH_RISK by itself when it runs at load."""
    result = outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _NPM[rule]}))

    assert rule in result.rules(PhaseName.OBFUSCATION)
    assert result.dangerous


@pytest.mark.parametrize("rule", _PYTHON)
def test_finds_obfuscation_in_python(pack: Any, outcome: Any, rule: str) -> None:
    """Each way to hide code is found by its rule, and is HIGH_RISK by itself when it runs at load."""
    result = outcome(pack({"sample/__init__.py": _PYTHON[rule]}, Ecosystem.PYPI, "sample-1.0-py3-none-any.whl"))

    assert rule in result.rules(PhaseName.OBFUSCATION)
    assert result.dangerous


@pytest.mark.parametrize("twin", _TWINS)
def test_compact_code_is_clean(pack: Any, outcome: Any, twin: str) -> None:
    """Minified code, inlined data and decoded tokens are not obfuscation."""
    assert outcome(pack({"package.json": {"name": "sample", "main": "index.js"}, "index.js": _TWINS[twin]})).score < 10


def test_a_program_that_is_fetched_packed_is_a_download(made: Any, fact: Callable[..., Fact]) -> None:
    """Who unpacks what was fetched hides nothing by that; who unpacks what the code itself holds does."""

    def severity(*before: Behaviour) -> Severity:
        unpacks, runs = fact(Behaviour.DECODES, line=2), fact(Behaviour.RUNS_PROCESS, "tool --version", line=3)
        ways = tuple(Flow(source=fact(each), sink=unpacks) for each in before)
        scanned = made({"set.js": (*ways, Flow(source=unpacks, sink=runs))}, {"postinstall": "node set.js"})
        (found,) = [each for each in obfuscation(scanned) if each.rule == "encoded-payload-run"]
        return found.severity

    assert severity(Behaviour.DOWNLOADS) is Severity.MEDIUM
    assert severity() is Severity.CRITICAL


def test_pickles_of_a_cache_are_everyday(made: Any, fact: Callable[..., Fact]) -> None:
    """A cache that decodes and unpickles what it stored is a note; the same way into exec is not."""

    def severity(snippet: str) -> Severity:
        runs = Fact(behaviour=Behaviour.RUNS_CODE, line=2, snippet=snippet)
        flow = Flow(source=fact(Behaviour.DECODES, at_load=False), sink=runs)
        return obfuscation(made({"cache.py": (flow,)}))[0].severity

    assert severity("pickle.loads(base64.b64decode(value))") is Severity.INFO
    assert severity("exec(base64.b64decode(value))") is Severity.MEDIUM


def test_says_what_could_not_be_read(pack: Any) -> None:
    """A file that could not be read to its end is named: doubtful in a hook, a note where nothing runs it."""
    files = {"package.json": {"name": "a", "scripts": {"postinstall": "node a.js"}}, "a.js": "", "b.js": ""}
    facts = {path: CodeFacts(parsed=False) for path in ("a.js", "b.js")}

    findings = obfuscation(Scanned(pack(files), facts, {}))

    assert [(each.rule, each.file, each.severity) for each in findings] == [
        ("not-analysed", "a.js", Severity.MEDIUM),
        ("not-analysed", "b.js", Severity.INFO),
    ]
