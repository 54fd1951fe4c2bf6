"""Clients that are made once and then used: where they speak to, and what they carry with every request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python import taps
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_CARRIED = frozenset({"headers", "auth", "cookies", "params", "cert"})
_LONGEST_ADDRESS = 2000


def made(machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a client that knows the address which its requests are below."""
    base = arguments.keywords.get("base_url") or (arguments.get(0) if callee.name in _BY_PLACE else None)
    template = base.text if base is not None else ""
    client = Value(name=f"{callee.name}()", template=template, sources=sources_of(arguments.every()))
    taps.hooked(machine, client, arguments)
    return client


def connected(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a connection to an address: what is written to it later goes there."""
    url = arguments.get(0, "uri") or arguments.get(0, "url") or Value()
    if callee.member == "connect" and callee.receiver is not None and callee.name.endswith("().connect"):
        callee.receiver.template = url.text
    return Value(name=f"{callee.name}()", template=url.text, sources=url.sources)


def below(client: Value | None, path: Value) -> Value:
    """Give the whole address of a request by what its client is made for."""
    base = client.template if client is not None else ""
    if "://" not in base or "://" in path.text:
        return path
    address = f"{base.rstrip('/')}/{path.text.lstrip('/')}"[:_LONGEST_ADDRESS]
    return Value(template=address, sources=path.sources)


def carries(target: Value, name: str, sources: frozenset[int]) -> None:
    """Remember what a client's own headers and the like hold: every request of it takes that along."""
    if name in _CARRIED and target.name.endswith("()"):
        target.sources |= sources


def carried_by(client: Value | None) -> frozenset[int]:
    """Give what a client takes along."""
    return client.sources if client is not None and client.name.endswith("()") else NOTHING


_BY_PLACE = frozenset(
    {"aiohttp.ClientSession", "requests_toolbelt.sessions.BaseUrlSession", "urllib3.connection_from_url"}
)
_CONNECTING = ("websocket.create_connection", "websockets.connect", "websockets.client.connect",
    "websockets.sync.client.connect", "websockets.asyncio.client.connect", "websocket.WebSocket().connect",
    "aiohttp.ws_connect", "socketio.Client().connect", "socketio.AsyncClient().connect")  # fmt: skip
HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **dict.fromkeys(("httpx.Client", "httpx.AsyncClient", *_BY_PLACE), made),
    **dict.fromkeys(_CONNECTING, connected),
}
