"""What goes over the network: downloads, data that leaves, names looked up, and sockets joined to shells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import clients, taps
from adapters.sigil.local.code.python.files import written
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, joined, sources_of
from adapters.sigil.local.code.telling import Place, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

PRIVATE = frozenset(
    {
        Behaviour.READS_ENVIRONMENT,
        Behaviour.READS_SECRET_FILE,
        Behaviour.READS_FILE,
        Behaviour.READS_CLIPBOARD,
        Behaviour.READS_SYSTEM,
        Behaviour.READS_INPUT,
        Behaviour.READS_METADATA_SERVICE,
        Behaviour.RUNS_SHELL,
        Behaviour.RUNS_PROCESS,
        Behaviour.TAKES_SECRET,
        Behaviour.REPLACES_METHOD,
    }
)
_CREDENTIALS = frozenset({"headers", "auth", "cert", "verify", "timeout", "proxies", "cookies", "context", "ssl"})
_NAME_PORT = 53
_NAME_SERVER = ":53"
_FIXED_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_PUT_TOGETHER = re.compile(r"\{[^}]*\}")


def private(machine: Machine, sources: frozenset[int]) -> frozenset[int]:
    """Give those of the sources that nobody outside should see."""
    return frozenset(number for number in sources if machine.recorder.behaviour(number) in PRIVATE)


def fetched(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a request; one that carries what is private, or a body, sends it."""
    url = _address(callee, arguments)
    taps.hooked(machine, url, arguments)
    body = _body(callee, arguments)
    carried = private(machine, sources_of((*arguments.positional, *arguments.keywords.values())) | callee.sources)
    if carried or body:
        machine.sink(Behaviour.SENDS, node, carried | (sources_of(body) if body else NOTHING), url.text)
    return Value(
        name=f"{callee.name}()", sources=_download(machine, node, url) | sources_of((url,)) - carried, template=url.text
    )


def _download(machine: Machine, node: Node, url: Value, *, latent: bool = False) -> frozenset[int]:
    number = machine.record(Behaviour.DOWNLOADS, node, url.text, latent=latent)
    sources = frozenset((number,))
    decoded = (source for source in url.sources if machine.recorder.behaviour(source) is Behaviour.DECODES)
    machine.recorder.flow(frozenset(decoded), number)
    if place(url.text) is Place.METADATA:
        sources |= machine.source_value(Behaviour.READS_METADATA_SERVICE, node, url.text)
    return sources


def _address(callee: Value, arguments: Arguments) -> Value:
    by_method = (
        callee.name == "httpx.stream" or callee.member == "request" or callee.name.endswith("Connection().request")
    )
    path = arguments.get(1 if by_method else 0, "url")
    if path is None:
        return Value(template=f"{{{callee.name}}}")
    host = callee.receiver.text if callee.receiver is not None and "Connection()" in callee.name else ""
    if "." in host:
        return Value(template=f"{host}{path.text}", sources=path.sources)
    return clients.below(callee.receiver, path)


def _body(callee: Value, arguments: Arguments) -> list[Value]:
    named = [
        arguments.keywords[key]
        for key in ("data", "json", "files", "params", "content", "body", "fields")
        if key in arguments.keywords
    ]
    if callee.name.endswith(".urlopen") and len(arguments.positional) > 1:
        named.append(arguments.positional[1])
    return named


def sent(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a request that carries data; its answer is a download where it is used."""
    url = _address(callee, arguments)
    taps.hooked(machine, url, arguments)
    open_arguments = [value for key, value in arguments.keywords.items() if key not in _CREDENTIALS]
    secrets = [value for key, value in arguments.keywords.items() if key in _CREDENTIALS]
    secret = sources_of(secrets) | clients.carried_by(callee.receiver)
    sources = sources_of((*arguments.positional, *open_arguments)) | private(machine, secret)
    machine.sink(Behaviour.SENDS, node, sources, url.text)
    return Value(name=f"{callee.name}()", sources=_download(machine, node, url, latent=True), template=url.text)


def saved(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a download that is written to a file at once."""
    url = arguments.get(0, "url") or Value()
    sources = _download(machine, node, url)
    target = (
        arguments.get(1, "filename") or arguments.keywords.get("out") or Value(template=f"{{saved {url.text[-60:]}}}")
    )
    written(machine, node, target, Value(sources=sources | url.sources))
    return Value(items=(target,), sources=target.sources, path=target)


def request(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`urllib.request.Request`: what it carries leaves when it is opened."""
    url = arguments.get(0, "url") or Value()
    return Value(template=url.text, sources=sources_of(arguments.every()))


def prepared(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """`requests.Request(method, url, …)` and its `prepare()`: what it carries leaves when it is sent."""
    if callee.receiver is not None and callee.member == "prepare":
        return callee.receiver
    url = arguments.get(1, "url") or Value()
    return Value(name="requests.Request()", template=url.text, sources=sources_of(arguments.every()))


def unbound(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a client's method that is called on its class, as those do that replaced it: `Session.send(self, …)`."""
    return sent(machine, node, callee, Arguments(arguments.positional[1:], arguments.keywords))


def accepted(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow a connection that somebody else opened, with the address that comes with it."""
    sources = machine.source_value(Behaviour.TAKES_REQUEST, node, callee.name, latent=True)
    return Value(items=(Value(name="socket.socket()", sources=sources), Value()))


def streams(_machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """`asyncio.open_connection`: what is read from and what is written to."""
    return Value(items=(Value(name="socket.socket()"), Value(name="socket.socket()")))


def connected(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a connection, known by its address."""
    return Value(name="http.client.HTTPConnection()", template=joined(arguments.positional[:1]))


def socket_sent(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow data goes through a socket, a mail or another connection."""
    place_of = arguments.positional[-1] if callee.member == "sendto" and len(arguments.positional) > 1 else None
    known = callee.receiver.template if callee.receiver is not None else ""
    target = known if "://" in known or _FIXED_HOST.fullmatch(known) else _target(place_of or Value(name=callee.name))
    if target.endswith(_NAME_SERVER) or known.endswith(_NAME_SERVER):
        machine.sink(Behaviour.LOOKS_UP_NAME, node, sources_of(arguments.positional[:1]), target)
        return Value()
    machine.sink(Behaviour.SENDS, node, sources_of(arguments.every()), target)
    return Value()


def _target(place_of: Value) -> str:
    """Give an address and its port as one text."""
    return joined(place_of.items[:2], ":") if place_of.items else place_of.text


def line_sent(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a part of a request that is put together line by line: telling where it carries what is private."""
    carried = private(machine, sources_of(arguments.every()))
    if carried:
        machine.sink(Behaviour.SENDS, node, carried, (callee.receiver or Value()).text)
    return Value()


def received(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow data comes through a socket."""
    return Value(sources=machine.source_value(Behaviour.DOWNLOADS, node, callee.name) | callee.sources)


def looked_up(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a name is looked up: telling where it is put together from parts."""
    name = arguments.get(0) or Value()
    sources = sources_of((name,))
    literal = _PUT_TOGETHER.sub("", name.text)
    if (len(literal) > 2 and "." in literal and literal != name.text) or (literal and private(machine, sources)):  # noqa: PLR2004 - `.x`
        machine.sink(Behaviour.LOOKS_UP_NAME, node, sources, name.text)
    if callee.name.startswith("dns."):
        sources |= machine.source_value(Behaviour.DOWNLOADS, node, name.text, latent=True)
    return Value(sources=sources)


def dialled(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a connection to a host, whose name is looked up first."""
    address = (arguments.get(0, "address") or Value()).parts()
    host = address[:1]
    looked_up(machine, node, callee, Arguments(list(host)))
    fixed = str(host[0].constant) if host and host[0].constant is not None else ""
    if fixed and address[1:2] and address[1].constant == _NAME_PORT:
        fixed += _NAME_SERVER
    if callee.receiver is not None:
        callee.receiver.template = fixed
    return Value(name="socket.socket()", template=fixed)


def numbered(_machine: Machine, _node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow the descriptor of a connection, which still knows the address."""
    return Value(name="socket.socket().fileno()", template=(callee.receiver or Value()).template)


def duplicated(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a socket takes the place of standard input or output."""
    joining = [value for value in arguments.every() if value.name.startswith("socket.socket()")]
    if joining:
        machine.record(Behaviour.CONNECTS_BACK, node, joining[0].template or joined(arguments.every(), " "))
    return Value()


_LIBRARIES = ("requests", "httpx", "aiohttp", "urllib3", "curl_cffi.requests")
_CLIENT_CLASSES = ("requests.Session", "requests.sessions.Session", "httpx.Client", "httpx.AsyncClient",
    "aiohttp.ClientSession")  # fmt: skip
_SENDERS = frozenset({"post", "put", "patch"})
HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **{f"{library}.{method}": fetched for library in _LIBRARIES for method in ("get", "request", "head", "options",
        "delete", "stream")},
    **{f"{library}.{method}": sent for library in _LIBRARIES for method in _SENDERS},
    **dict.fromkeys(("urllib.request.urlopen", "urllib.urlopen", "urllib3.urlopen",
        "urllib.request.build_opener().open"), fetched),
    **dict.fromkeys(("urllib.request.urlretrieve", "urllib.urlretrieve", "wget.download"), saved),
    "urllib.request.Request": request,
    **dict.fromkeys(("requests.Request", "requests.models.Request", "httpx.Request", "requests.Request().prepare"),
        prepared),
    **{f"{client}.{method}": unbound for client in _CLIENT_CLASSES for method in ("get", "post", "put", "request",
        "send", "_request")},
    "socket.socket().accept": accepted,
    "asyncio.open_connection": streams,
    "socket.socket().write": socket_sent,
    **dict.fromkeys(("http.client.HTTPConnection", "http.client.HTTPSConnection"), connected),
    "http.client.HTTPConnection().request": fetched,
    "http.client.HTTPConnection().getresponse": received,
    **{f"http.client.HTTPConnection().{method}": line_sent for method in ("putheader", "putrequest", "send",
        "endheaders")},
    **{f"socket.socket().{method}": socket_sent for method in ("send", "sendall", "sendto", "sendfile")},
    **{f"socket.socket().{method}": received for method in ("recv", "recvfrom", "recv_into", "makefile", "read",
        "readline", "readuntil")},
    **{f"{ftp}().{method}": socket_sent for ftp in ("ftplib.FTP", "ftplib.FTP_TLS") for method in ("storbinary",
        "storlines")},
    **dict.fromkeys(
        (*(f"{socket}().{method}" for socket in ("websocket.WebSocket", "websocket.create_connection",
            "websockets.connect", "websockets.client.connect", "websockets.sync.client.connect",
            "websockets.asyncio.client.connect", "aiohttp.ws_connect", "socketio.Client", "socketio.AsyncClient")
            for method in ("send", "send_str", "send_json", "send_bytes", "send_binary", "emit")),
         "paramiko.SSHClient().open_sftp().put",
         "dhooks.Webhook().send", "discord.Webhook.from_url().send", "discord.SyncWebhook.from_url().send",
         "telegram.Bot().send_message", "telegram.Bot().send_document", "telebot.TeleBot().send_message",
         "telebot.TeleBot().send_document", "boto3.client().put_object", "boto3.client().upload_file"),
        socket_sent,
    ),
    "discord_webhook.DiscordWebhook": sent,
    "().publish": socket_sent,
    **dict.fromkeys(
        ("socket.gethostbyname", "socket.getaddrinfo", "socket.gethostbyname_ex", "dns.resolver.resolve",
            "dns.resolver.query",
         "dns.resolver.Resolver().resolve", "dns.resolver.Resolver().query", "dns.asyncresolver.resolve",
         "dns.asyncresolver.Resolver().resolve", "aiodns.DNSResolver().query", "aiodns.DNSResolver().gethostbyname",
         "().getaddrinfo"),
        looked_up,
    ),
    **dict.fromkeys(("socket.create_connection", "socket.socket().connect"), dialled),
    "socket.socket().fileno": numbered,
    "os.dup2": duplicated,
}  # fmt: skip
