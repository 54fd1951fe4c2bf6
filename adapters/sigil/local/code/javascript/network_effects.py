"""What downloads, sends and connects."""

from __future__ import annotations

from adapters.sigil.local.code import telling
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import client_effects
from adapters.sigil.local.code.javascript.call import Call, known, method
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.names import used, variable_of
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN_PART, Value, merge, tainted

_MOST_LISTED = 20
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_BODY_OPTIONS = ("body", "data", "json", "form", "formData", "params", "qs", "query", "searchParams", "headers", "path")
_ADDRESS_OPTIONS = ("url", "uri", "hostname", "host", "baseURL", "href")
_CLIENTS = (
    "axios",
    "got",
    "request",
    "node-fetch",
    "needle",
    "undici",
    "superagent",
    "ky",
    "phin",
    "bent",
    "cross-fetch",
    "request-promise",
    "isomorphic-fetch",
    "make-fetch-happen",
    "ofetch",
    "ofetch.ofetch",
    "ofetch.$fetch",
    "$",
)
_READING = ("get", "head", "options", "stream", "getJSON", "json", "ajax", "fetch", "request", "getUri")
_SENDING = ("post", "put", "patch")


def _paths(names: tuple[str, ...]) -> list[str]:
    return [f"{client}.{name}" for client in _CLIENTS for name in names]


def address(call: Call) -> Value:
    """Find the address that a request goes to, in its options too."""
    first = call.data(0)
    if first.text is not None and ("://" in first.text or first.members is None):
        return first
    for name in _ADDRESS_OPTIONS:
        value = call.option(name)
        if value.text is not None:
            path = call.option("path")
            taints = value.taints | path.taints
            text = value.text + (shown(path) if path.text else "")
            return Value(text=text, whole=value.whole, taints=taints)
    return Value(taints=first.taints if first.members is None else frozenset())


def _told_by(call: Call, target: Value) -> str:
    """Name the address from which another, that something is sent to, was fetched: its owner says who receives it."""
    ledger = call.state.ledger
    asked = [ledger.detail(taint) for taint in sorted(target.taints) if ledger.behaviour(taint) is Behaviour.DOWNLOADS]
    return asked[0] if asked else ""


def _relative(text: str | None) -> bool:
    return (
        text is not None
        and not text.startswith(UNKNOWN_PART)
        and "." not in text.split("?")[0].split("/")[0]
        and ("://" not in text and not text.startswith("//") and text != "localhost")
    )


def _content(call: Call, start: int) -> frozenset[int]:
    """Collect the facts whose data a request carries: its body, its query, its headers."""
    taints = address(call).taints
    for position in range(start, len(call.arguments)):
        value = call.data(position)
        if value.functions:
            continue
        options = [call.option(name) for name in (*_BODY_OPTIONS, "auth")] if value.members is not None else []
        taints |= value.taints
        for option in options:
            taints |= used(call.state, option, call.node).taints
    return taints


def requested(call: Call, *, body_from: int = 1, sends: bool = False) -> Value:
    """Enter a request over HTTP, which may send data, and whose answer is a download."""
    target = client_effects.below(call, address(call))
    if _relative(target.text) and target.whole:
        return NOTHING
    text = shown(target) if target.text else ""
    taints = _content(call, body_from if len(call.arguments) > body_from or sends else 0)
    taints |= client_effects.carried(call)
    verb = (call.option("method").text or call.option("type").text or "GET").upper()
    to = text or (_told_by(call, target) if sends or verb in _BODY_METHODS else "")
    sends = sends or verb in _BODY_METHODS or bool(_datas(call, taints))
    down = call.state.sink(Behaviour.DOWNLOADS, call.node, target.taints, text, hidden=sends)
    answer = {down}
    if telling.place(text) is telling.Place.METADATA:
        answer.add(call.state.note(Behaviour.READS_METADATA_SERVICE, call.node, text))
    up = call.state.sink(Behaviour.SENDS, call.node, taints, to) if sends else None
    value = Value(taints=frozenset(answer), path="<response>")
    call.answer(value)
    return Value(taints=frozenset(answer), path="<request>", handle=up if up is not None else down)


def _datas(call: Call, taints: frozenset[int]) -> list[int]:
    """Pick the facts whose data is worth speaking of a sending, rather than an address put together."""
    plain = {
        Behaviour.DOWNLOADS,
        Behaviour.DECODES,
        Behaviour.WRITES_FILE,
        Behaviour.READS_FILE,
        Behaviour.REPLACES_GLOBAL,
        Behaviour.TAKES_REQUEST,
        Behaviour.LISTS_FILES,
    }
    return [taint for taint in taints if call.state.ledger.behaviour(taint) not in plain]


@known(
    "fetch",
    "http.get",
    "https.get",
    "http.request",
    "https.request",
    "http2.connect",
    "axios",
    "got",
    "request",
    "node-fetch",
    "undici",
    "needle",
    "superagent",
    "ky",
    "phin",
    "bent",
    "cross-fetch",
    "request-promise",
    "isomorphic-fetch",
    "make-fetch-happen",
    "ofetch",
    "ofetch.ofetch",
    "ofetch.$fetch",
    "importScripts",
    *_paths(_READING),
)
def _request(call: Call) -> Value:
    if call.path == "needle" and (call.argument(0).text or "").upper() in _BODY_METHODS:
        return requested(_without_first(call), sends=True)
    return requested(call)


@known(*_paths(_SENDING))
def _post(call: Call) -> Value:
    return requested(call, sends=True)


@known("graphql-request.request", "graphql-request.rawRequest", *client_effects.ASKED)
def _ask(call: Call) -> Value:
    return requested(call, body_from=0, sends=True)


@known("navigator.sendBeacon")
def _beacon(call: Call) -> Value:
    return requested(call, sends=True)


def _without_first(call: Call) -> Call:
    return Call(
        call.state, call.node, call.path, call.method, call.receiver, call.callee, call.arguments[1:], call.nodes[1:]
    )


@known("XMLHttpRequest", "xmlhttprequest.XMLHttpRequest")
def _xhr(call: Call) -> Value:
    number = call.state.note(Behaviour.DOWNLOADS, call.node, hidden=True)
    return Value(path="<xhr>", handle=number, taints=frozenset({number}))


@known("<xhr>.open")
def _xhr_open(call: Call) -> Value:
    target = call.data(1)
    if call.receiver.variable is not None:
        call.state.absorb(call.receiver.variable.member("address"), target)
    return NOTHING


@known("<xhr>.send")
def _xhr_send(call: Call) -> Value:
    target = NOTHING
    if call.receiver.variable is not None:
        target = call.state.read(call.receiver.variable.member("address"))
    if not _relative(target.text):
        taints = call.taints | target.taints
        if taints or call.arguments:
            call.state.sink(Behaviour.SENDS, call.node, taints, shown(target) if target.text else "")
    return NOTHING


@known(
    "net.connect",
    "net.createConnection",
    "tls.connect",
    "net.Socket",
    "WebSocket",
    "ws",
    "ws.WebSocket",
    "socket.io-client",
    "socket.io-client.io",
    "io",
    "mqtt.connect",
    "mqtt.connectAsync",
    "dgram.createSocket",
)
def _connect(call: Call) -> Value:
    target = address(call)
    host = next((text for text in (call.shown(1), target.text or "") if "." in text), target.text or "")
    number = call.state.sink(Behaviour.SENDS, call.node, target.taints, host, hidden=call.path == "net.Socket")
    down = call.state.note(Behaviour.DOWNLOADS, call.node, host, hidden=True)
    value = Value(path="<socket>", handle=number, taints=frozenset({down}))
    for function in call.callbacks:
        call.state.load(function)
    return value


@known("<socket>.connect")
def _socket_connect(call: Call) -> Value:
    if call.receiver.handle is not None:
        host = call.shown(1) or (address(call).text or "")
        number = call.state.sink(Behaviour.SENDS, call.node, call.taints, host)
        for function in call.callbacks:
            call.state.load(function)
        if call.receiver.variable is not None:
            call.state.absorb(call.receiver.variable, Value(path="<socket>", handle=number))
    return call.receiver


@known("<socket>.publish", "<socket>.publishAsync")
@method("write", "end", "send", "emit", "push", "unshift", "append")
def _write(call: Call) -> Value:
    """Read what is written to a request, a socket, a file or a process."""
    handle, taints = call.receiver.handle, call.taints
    if handle is None or call.method in {"push", "unshift", "append"}:
        _put_into_list(call)
        if call.receiver.variable is not None and taints:
            call.state.absorb(call.receiver.variable, tainted(taints))
        for function in call.callbacks:
            call.state.load(function)
        return tainted(taints | call.receiver.taints)
    if call.receiver.path == "<request>" and (taints or call.arguments):
        detail = call.state.ledger.detail(handle)
        handle = call.state.note(Behaviour.SENDS, call.node, detail)
    call.state.ledger.link(taints, handle)
    for function in call.callbacks:
        call.state.load(function)
    return NOTHING


def _put_into_list(call: Call) -> None:
    """Keep objects that are put into a list of an object with that object."""
    listed = call.method in {"push", "unshift"} and any(value.members for value in call.arguments)
    target = call.node.field("function") if listed else None
    owner = target.field("object") if target is not None else None
    variable = variable_of(call.state, owner) if owner is not None and owner.kind == "member_expression" else None
    if variable is not None and len(variable.members) < _MOST_LISTED:
        added = Value(items=tuple(value for value in call.arguments if value.members))
        call.state.absorb(variable.member(f"<{call.node.start}>"), added)


@method("pipe", "pipeTo", "pipeThrough")
def _pipe(call: Call) -> Value:
    target = call.argument(0)
    if target.handle is not None:
        call.state.ledger.link(call.receiver.taints, target.handle)
        _joined_to_shell(call, call.receiver, target)
    return merge(target, tainted(call.receiver.taints))


def _joined_to_shell(call: Call, one: Value, other: Value) -> None:
    kinds = {one.path.partition(".")[0], other.path.partition(".")[0]}
    if kinds == {"<socket>", "<process>"} and one.handle is not None and other.handle is not None:
        process, socket = (one, other) if one.path.startswith("<process>") else (other, one)
        number = call.state.note(Behaviour.CONNECTS_BACK, call.node, call.state.ledger.detail(socket.handle or 0))
        call.state.ledger.link({process.handle or 0}, number)


@known("stream.pipeline", "pipeline", "stream.promises.pipeline")
def _pipeline(call: Call) -> Value:
    taints = call.taints
    for value in call.arguments:
        if value.handle is not None:
            call.state.ledger.link(taints, value.handle)
    return NOTHING
