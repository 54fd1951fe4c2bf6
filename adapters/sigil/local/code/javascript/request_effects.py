"""What a server in the code is asked for, and what passes through functions of other libraries that it replaces."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import names
from adapters.sigil.local.code.javascript.call import Call
from adapters.sigil.local.code.javascript.state import State
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import Scope, Value, tainted

_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "all", "use", "route", "createServer", "serve"})
_EVENTS = frozenset({"request", "connection"})
_ASKED = frozenset({"req", "request", "_req", "ctx"})
_ANSWERED = frozenset({"res", "response", "_res", "reply", "rep", "next", "_next"})
_BUILT_IN = frozenset(
    {
        "JSON",
        "console",
        "Object",
        "Array",
        "String",
        "Promise",
        "Function",
        "EventTarget",
        "Element",
        "HTMLElement",
        "HTMLFormElement",
        "HTMLInputElement",
        "Storage",
        "localStorage",
        "sessionStorage",
        "crypto",
        "navigator",
        "document",
        "Response",
        "Request",
        "Headers",
        "Map",
    }
)
_OWN = ("module", "exports", "this", "process.env", "<")
_HANDED = 4


def answer_requests(call: Call) -> None:
    """Hand what clients ask for to the functions that a call makes answer them: routes, servers, events."""
    route = call.method in _ROUTES and (call.method in {"createServer", "serve"} or not call.path.startswith("<"))
    if not (route or (call.method in {"on", "once"} and call.argument(0).text in _EVENTS)):
        return
    for function in call.callbacks:
        asked = call.state.source(Behaviour.TAKES_REQUEST, call.node, call.shown(0), hidden=True)
        call.state.absorb(function.parameter(0), tainted(asked))


def mark_request(state: State, scope: Scope, patterns: tuple[Node, ...]) -> None:
    """Mark the first parameter of a function whose parameters are named as those of a request's handler."""
    if len(patterns) > 1 and patterns[0].kind == patterns[1].kind == "identifier":
        name, answer = state.text(patterns[0]), state.text(patterns[1])
        if name in _ASKED and answer in _ANSWERED:
            taints = state.source(Behaviour.TAKES_REQUEST, patterns[0], name, hidden=True)
            state.absorb(scope.declare(name), tainted(taints))


def intercepted(call: Call) -> None:
    """Follow what passes through a client that calls are intercepted of: `axios.interceptors.request.use(f)`."""
    callee = call.node.field("function") if call.method == "use" else None
    written = "".join(call.state.text(callee).split()) if callee is not None else ""
    if written.endswith((".interceptors.request.use", ".interceptors.response.use")):
        sources = call.state.source(Behaviour.REPLACES_METHOD, call.node, written, hidden=True)
        call.answer(tainted(sources), positions=1)


def replaced(state: State, node: Node, left: Node, path: str, value: Value) -> None:
    """Follow what is handed to a function that takes the place of another library's, or of the language's own."""
    if not value.functions or not (_built_in(path) or _of_module(state, path)):
        return
    if state.data.count(state.text(left).strip("'\"`").encode()) < 2:  # noqa: PLR2004 - who wraps a function reads it before
        return
    sources = state.source(Behaviour.REPLACES_METHOD, node, path, hidden=True)
    for function in value.functions:
        for position in range(_HANDED):
            state.absorb(function.parameter(position), tainted(sources))


def _built_in(path: str) -> bool:
    return "." in path and path.partition(".")[0] in _BUILT_IN


def _of_module(state: State, path: str) -> bool:
    if not path or path.startswith(_OWN):
        return False
    named = (names.module_path(name) for name in state.imports if not name.startswith("."))
    return any(path.startswith(f"{name}.") for name in named)
