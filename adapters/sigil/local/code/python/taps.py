"""Hooks of clients: what a function is handed that sees every request and answer of a client pass by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import functions
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

MESSAGE = "<message>"
"""The name of a request or answer that passes by: its `template` is the address that the client is made for."""
_KEYWORDS = ("event_hooks", "hooks")
_CONFIDENTIAL = frozenset({"headers", "content", "text", "body", "cookies", "json", "_content"})
_EVENTS = frozenset({"pre_run_cell", "post_run_cell", "pre_execute", "post_execute"})
"""What a shell of Python tells those who listen; of these, the cells are what its user writes."""
_HANDED = 3
_MOST_HOOKS = 5


def hooked(machine: Machine, client: Value, arguments: Arguments) -> None:
    """Follow the hooks that a client or request is made with: `Client(event_hooks={"response": [function]})`."""
    for keyword in _KEYWORDS:
        hooks = arguments.keywords.get(keyword)
        for value in hooks.parts() if hooks is not None else ():
            _tapped(machine, client, value)


def kept(machine: Machine, holder: Value, value: Value) -> None:
    """Follow `client.event_hooks["response"] = function`."""
    if holder.member in _KEYWORDS:
        _tapped(machine, holder.receiver or Value(), value)


def appended(machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow `session.hooks["response"].append(function)`."""
    for value in arguments.positional:
        _tapped(machine, callee, value)
    return Value()


def _tapped(machine: Machine, client: Value, hooks: Value) -> None:
    for value in hooks.parts()[:_MOST_HOOKS]:
        function = value.function
        if function is not None and function not in machine.hooked:
            machine.hooked.add(function)
            own = [Value(instance_of=function.owner)] if function.owner else []
            message = Value(name=MESSAGE, template=client.template if "://" in client.template else "")
            functions.later(machine, function, Arguments([*own, *[message] * _HANDED]))


def taken(machine: Machine, node: Node, message: Value, name: str) -> frozenset[int]:
    """Give the fact that what nobody else should see of a message is taken."""
    if name not in _CONFIDENTIAL:
        return NOTHING
    while message.receiver is not None:
        message = message.receiver
    return machine.source_value(Behaviour.REPLACES_METHOD, node, f"{message.template} {name}".strip(), latent=True)


def listening(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a function that a notebook or a shell of Python hands what its user writes, and what comes of it."""
    first, function = arguments.get(0) or Value(), arguments.get(1) or Value()
    if first.constant in _EVENTS:
        _overhears(machine, node, function)
    return Value()


def transforming(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a function that changes what the user of a notebook writes, before it is run."""
    _overhears(machine, node, arguments.positional[-1] if arguments.positional else Value())
    return Value()


def transforming_trees(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow an object that changes the trees of what the user of a notebook writes: its `visit` methods."""
    owner = (arguments.get(0) or Value()).instance_of
    for name, value in tuple(machine.attributes.of(owner).items()) if owner else ():
        if name.startswith("visit"):
            _overhears(machine, node, value)
    return Value()


def remembered(machine: Machine, node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """Follow what a notebook remembers of what its user wrote."""
    return Value(sources=machine.source_value(Behaviour.REPLACES_METHOD, node, "cells", latent=True))


def _overhears(machine: Machine, node: Node, function: Value) -> None:
    known = function.function
    if known is None or known in machine.hooked:
        return
    machine.hooked.add(known)
    sources = machine.source_value(Behaviour.REPLACES_METHOD, node, "cells", latent=True)
    own = [function.receiver or Value(instance_of=known.owner)] if known.owner else []
    functions.later(machine, known, Arguments([*own, *[Value(sources=sources)] * _HANDED]))


_SHELLS = ("", "get_ipython()", "IPython.get_ipython()", "IPython.core.getipython.get_ipython()")
_REMEMBERING = ("get_range", "get_tail", "get_range_by_str", "search")
_TRANSFORMERS = ("input_transformers_cleanup", "input_transformers_post")
HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **{f"{shell}.events.register": listening for shell in _SHELLS},
    **{f"{shell}.{kind}.append": transforming for shell in _SHELLS for kind in _TRANSFORMERS},
    **{f"{shell}.ast_transformers.append": transforming_trees for shell in _SHELLS},
    **{f"{shell}.history_manager.{way}": remembered for shell in _SHELLS for way in _REMEMBERING},
    **{f"{shell}.set_custom_exc": transforming for shell in _SHELLS},
    **{
        f"{client}.{hooks}[].{method}": appended
        for client, hooks in (("requests", "hooks"), ("httpx", "event_hooks"))
        for method in ("append", "extend", "insert")
    },
}
