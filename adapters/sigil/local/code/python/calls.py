"""What a call does: what its callee is known for, what it gives, and which callbacks it runs."""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import (
    clients,
    configurations,
    descriptors,
    execution,
    files,
    folding,
    functions,
    mail,
    network,
    picking,
    processes,
    replacing,
    system,
    taps,
    walking,
)
from adapters.sigil.local.code.python.lifecycle import SIGNALS
from adapters.sigil.local.code.python.lookups import CHOICE, got
from adapters.sigil.local.code.python.machine import ANY_CLASS, widened
from adapters.sigil.local.code.python.values import LONGEST_CONSTANT, Arguments, Value, joined, sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

    Handler = Callable[[Machine, Node, Value, Arguments], Value]

CALLERS = frozenset(
    {"threading.Thread", "threading.Timer", "multiprocessing.Process", "atexit.register", "filter",
        "_thread.start_new_thread",
     "concurrent.futures.ThreadPoolExecutor().submit", "concurrent.futures.ProcessPoolExecutor().submit",
     "asyncio.to_thread", "asyncio.get_event_loop().run_in_executor", "asyncio.get_running_loop().run_in_executor",
     "asyncio.get_running_loop().call_soon", "asyncio.get_running_loop().call_later",
     "asyncio.run", "asyncio.create_task", "asyncio.ensure_future",
     "pynput.keyboard.Listener", "keyboard.on_press", "keyboard.hook", "keyboard.on_release", "functools.reduce",
     "sys.settrace",
     "signal.signal", "pynput.mouse.Listener", "asyncio.new_event_loop().run_until_complete", *SIGNALS}
)  # fmt: skip
_ENCODERS = frozenset(
    {"base64.b64encode", "base64.urlsafe_b64encode", "base64.b32encode", "base64.b85encode", "base64.encodebytes",
     "base64.standard_b64encode", "base64.b16encode", "binascii.hexlify", "binascii.b2a_base64", "zlib.compress",
     "gzip.compress",
     "bz2.compress", "lzma.compress", "codecs.encode"}
)  # fmt: skip
_UNCHANGED = frozenset({"strip", "rstrip", "lstrip", "decode", "encode"})
_REWORDED = _UNCHANGED | {"join", "format", "replace", "read"}
_INTO = frozenset({"save", "savefig", "tofile", "export", "retrbinary", "download_fileobj", "getfo"})
_ADDING = frozenset(
    {"append", "appendleft", "extend", "insert", "add", "update", "add_field", "attach", "put", "put_nowait"}
)
_COPYING = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "bytearray", "enumerate"})
_TAKING = frozenset({"pop", "popleft", "popitem"})
_MOST_OBJECTS = 16
_HANDING_ON = frozenset({"submit", "to_thread", "register", "run_in_executor", "call_soon", "call_later"})
_DIGESTS = ("hashlib.", "hmac.")
_MOST_RANGE = 4000
_MOST_MAPPED = 20_000


def call(machine: Machine, node: Node) -> Value:
    """Follow a call."""
    callee = machine.evaluate(node.child_by_field_name("function"))
    return apply(machine, node, callee, read_arguments(machine, node.child_by_field_name("arguments")))


def read_arguments(machine: Machine, node: Node | None) -> Arguments:
    """Give the arguments of a call; a starred list counts as its items."""
    arguments = Arguments()
    if node is None:
        return arguments
    if node.type != "argument_list":
        arguments.positional.append(machine.evaluate(node))
        return arguments
    for child in node.named_children:
        if child.type == "keyword_argument":
            name = child.child_by_field_name("name")
            key = machine.code(name) if name is not None else ""
            arguments.keywords[key] = machine.evaluate(child.child_by_field_name("value"))
            mail.copied(machine, child, key, arguments.keywords[key])
        elif child.type in ("list_splat", "dictionary_splat"):
            arguments.positional.extend(machine.evaluate(child).parts()[:100])
        elif child.type != "comment":
            arguments.positional.append(machine.evaluate(child))
    return arguments


def apply(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Tell what a call of something with these arguments gives."""
    if callee.function is not None:
        return functions.invoke(machine, callee, arguments)
    if callee.instance_of > 0 and (callee.name == "class" or not callee.name):
        called = None if callee.name else machine.attributes.get((callee.instance_of, "__call__"))
        if called is not None and called.function is not None:
            return functions.invoke(machine, Value(function=called.function, receiver=callee), arguments)
        return _instance(machine, callee, arguments)
    name = callee.name
    folded = folding.call(name, callee.receiver, arguments) if name else None
    if folded is not None:
        return _constant(machine, node, callee, arguments, folded)
    handler = _HANDLERS.get(name) or _by_ending(name)
    if handler is not None:
        result = handler(machine, node, callee, arguments)
        _callbacks(machine, callee, arguments, result)
        return result
    return _method(machine, callee, arguments) or _other(machine, node, callee, arguments)


def _any_of(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a call of what is picked from a table by an unknown key: each of its functions may be meant."""
    answers = [apply(machine, node, each, arguments) for each in callee.items or () if machine.budget.spend()]
    best = next((each for each in answers if each.name or each.items or each.instance_of), Value())
    return widened(best, sources_of((*answers, callee)))


def _method(machine: Machine, callee: Value, arguments: Arguments) -> Value | None:
    """Follow a method of something unknown as the one of this name in the file's classes."""
    method = machine.attributes.get((ANY_CLASS, callee.member)) if callee.name == f".{callee.member}" else None
    if method is None or method.function is None:
        return None
    instance = Value(instance_of=method.function.owner, sources=callee.sources)
    answer = functions.invoke(machine, Value(function=method.function, receiver=instance), arguments)
    return widened(answer, callee.sources)


def _constant(machine: Machine, node: Node, callee: Value, arguments: Arguments, folded: folding.Folded) -> Value:
    sources = sources_of(arguments.every()) | callee.sources
    constant = folded.constant
    if folded.decoded:
        latent = callee.member in ("chr", "unichr", "bytes", "bytearray")
        sources |= machine.source_value(Behaviour.DECODES, node, callee.member, latent=latent)
    if isinstance(constant, str | bytes) and len(constant) > LONGEST_CONSTANT:
        machine.budget.exceeded = True
        return Value(sources=sources)
    return Value(constant=constant, sources=sources, computed=True)


def _by_ending(name: str) -> Handler | None:
    receiver, _, member = name.rpartition(".")
    if not receiver.endswith("()"):
        return None
    return _HANDLERS.get(f"().{member}") if member in _ENDINGS else None


def _instance(machine: Machine, callee: Value, arguments: Arguments) -> Value:
    result = Value(instance_of=callee.instance_of, sources=sources_of(arguments.every()))
    start = machine.attributes.get((callee.instance_of, "__init__"))
    if start is not None and start.function is not None:
        functions.invoke(machine, Value(function=start.function, receiver=result), arguments)
    return result


def _other(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    name, member, receiver = callee.name, callee.member, callee.receiver
    every = arguments.every()
    sources = sources_of(every) | callee.sources | configurations.shown(machine, node, name, every)
    if name in _ENCODERS or member == "encrypt":
        encoded = machine.source_value(Behaviour.ENCODES, node, member)
        return Value(template=every[0].text if every else "", sources=sources | encoded)
    if name in folding.DECODERS or member in ("decrypt", "decompress"):
        return Value(sources=sources | machine.source_value(Behaviour.DECODES, node, member))
    if name in ("chr", "unichr") or (name == "int" and len(every) > 1):
        return Value(sources=sources | machine.source_value(Behaviour.DECODES, node, name, latent=True))
    answer = _of_collection(machine, node, callee, every)
    if answer is not None:
        return answer
    if receiver is not None and member in _ADDING and not name.startswith(_DIGESTS):
        _added(receiver, every)
    if member in _INTO and callee.sources and every and every[0].constant is None:
        every[0].sources |= callee.sources
    _callbacks(machine, callee, arguments, Value())
    result = Value(name=f"{name}()" if name and len(name) < 120 else "", sources=sources)  # noqa: PLR2004 - long chains
    if receiver is not None and member in _REWORDED:
        result.template = _reworded(member, receiver, every)
        result.path = receiver.path if member != "format" else None
    return result


def _of_collection(machine: Machine, node: Node, callee: Value, every: list[Value]) -> Value | None:
    """Give what is taken out of a dictionary, list or iterator, or a copy of one; None for other calls."""
    name, member, sources = callee.name, callee.member, sources_of(every) | callee.sources
    picked = picking.from_table(callee, every)
    if picked is not None:
        return picked
    if member == "get" and every:
        return got(machine, node, callee.receiver, every[0])
    if name in _COPYING and every:
        return _copied(name, functions.gone_over(machine, every[0]), sources)
    held = functions.gone_over(machine, every[0]) if name == "next" and every else callee.receiver
    taken = name == "next" or member in _TAKING
    return widened(held.items[-1], sources) if taken and held and held.items and held.entries is None else None


def _added(receiver: Value, every: list[Value]) -> None:
    """Put something into a list or the like: objects stay known by themselves, of all else the sources are kept."""
    receiver.sources |= sources_of(every)
    if receiver.receiver is not None:
        clients.carries(receiver.receiver, receiver.member, receiver.sources)
    objects = tuple(value for value in every if value.instance_of or value.name.endswith("()"))
    if objects and receiver.items is not None and receiver.entries is None and len(receiver.items) < _MOST_OBJECTS:
        receiver.items += objects


def _reworded(member: str, receiver: Value, every: list[Value]) -> str:
    """Give what is known of the text that a method of a text makes."""
    if member == "join":
        separator = receiver.constant if isinstance(receiver.constant, str) else ""
        return joined(every[0].parts() if every else (), separator)
    if member in _UNCHANGED:
        return receiver.text if receiver.constant is not None else receiver.template
    return f"{receiver.text} {joined(every, ' ')}" if receiver.constant else joined(every, " ")


def _copied(name: str, value: Value, sources: frozenset[int]) -> Value:
    items = value.items
    if isinstance(value.constant, str | bytes) and len(value.constant) < _MOST_MAPPED:
        items = tuple(Value(constant=part) for part in value.constant)
    if items is not None and name == "reversed":
        items = items[::-1]
    if items is not None and name == "enumerate":
        items = tuple(Value(items=(Value(constant=place), item)) for place, item in enumerate(items))
    return Value(items=items, sources=sources, path=value.path, template=value.template)


def _range(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    bounds = [value.constant for value in arguments.positional if isinstance(value.constant, int)]
    if len(bounds) != len(arguments.positional) or not 1 <= len(bounds) <= 3 or 0 in bounds[2:]:  # noqa: PLR2004 - as range
        return Value()
    numbers = range(*bounds)
    return (
        Value(items=tuple(Value(constant=n) for n in numbers))
        if len(numbers[: _MOST_RANGE + 1]) <= _MOST_RANGE
        else Value()
    )


def _mapped(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    function, *rest = arguments.positional or [Value()]
    over = rest[0] if rest else Value()
    items = over.items
    if isinstance(over.constant, bytes | str):
        items = tuple(Value(constant=part) for part in over.constant[:_MOST_MAPPED])
    if items is None:
        one = apply(machine, node, function, Arguments([Value(sources=over.sources)]))
        return Value(items=(one,), sources=one.sources | over.sources)
    given = tuple(
        apply(machine, node, function, Arguments([item])) for item in items[:_MOST_MAPPED] if machine.budget.spend()
    )
    return Value(items=given, sources=over.sources | sources_of(given[:200]))


def _callbacks(machine: Machine, callee: Value, arguments: Arguments, result: Value) -> None:
    if callee.name not in CALLERS:
        return
    for value in arguments.every():
        if value.function is not None:
            functions.invoke(machine, value, Arguments(_handed(callee, arguments, value, result)))


def _handed(callee: Value, arguments: Arguments, function: Value, result: Value) -> list[Value]:
    """Give what a function is called with that something else was handed together with its arguments."""
    given = arguments.keywords.get("args")
    after = list(dropwhile(lambda value: value is not function, arguments.positional))[1:]
    if callee.member in _HANDING_ON:
        return after
    given = given or next((value for value in after if value.items is not None), None)
    if given is not None:
        return list(given.parts())
    return [Value(sources=result.sources)] if result.sources else []


_HANDLERS: Mapping[str, Handler] = {
    **execution.HANDLERS,
    **files.HANDLERS,
    **descriptors.HANDLERS,
    **walking.HANDLERS,
    **clients.HANDLERS,
    **taps.HANDLERS,
    **network.HANDLERS,
    **mail.HANDLERS,
    **processes.HANDLERS,
    **system.HANDLERS,
    CHOICE: _any_of,
    "setattr": replacing.member_set,
    "map": _mapped,
    "range": _range,
}
_ENDINGS = frozenset(name[3:] for name in _HANDLERS if name.startswith("()."))
