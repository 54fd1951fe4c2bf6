"""Functions of the file: they are gone through where they are called, with what they are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.lifecycle import runs_by_itself
from adapters.sigil.local.code.python.machine import widened
from adapters.sigil.local.code.python.values import Arguments, Function, Scope, Value, sources_of
from adapters.sigil.local.code.telling_places import secret_parameter

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_CLASS = "class"
_SEVERAL = 2
_WIDEST = 8
_MOST_TURNS = 50
_MOST_USES = 2
_MOST_USES_OF_SMALL = 60
_SMALL = 800
_LARGE = 3000
_SMALL_FILE = 30_000
_LONGEST_CHAIN = 4
_EVERYDAY = frozenset({b"__init__", b"__call__", b"__enter__", b"get", b"set", b"main", b"wrapper", b"decorator"})
_DEEPEST_CALLS = 8
_REQUESTS = frozenset({"request", "req", "environ"})
_ITERATING = ("__iter__", "__aiter__", "__next__", "__anext__")
_INSTALL_METHODS = frozenset(
    {"run", "__init__", "initialize_options", "finalize_options", "install_for_development", "do_egg_install",
     "build_extension", "build_extensions", "initialize", "egg_info", "build_extension_scripts"}
)  # fmt: skip


def define(machine: Machine, node: Node, *, in_command: bool = False) -> Value:
    """Give the value of a function's definition; it is gone through later if nobody calls it."""
    name = node.child_by_field_name("name")
    called = machine.code(name) if name is not None else ""
    function = Function(
        node=node,
        scope=machine.scope,
        owner=machine.scope.owner if machine.scope.is_class else 0,
        telling=machine.telling(node) or (called == "__init__" and machine.size < _SMALL_FILE),
        install_time=called in _INSTALL_METHODS if in_command else machine.setup and called == "run",
    )
    machine.pending.append(function)
    return Value(function=function)


def anonymous(machine: Machine, node: Node) -> Value:
    """Follow a lambda."""
    return define(machine, node)


def invoke(machine: Machine, target: Value, arguments: Arguments) -> Value:
    """Tell what a call of a function of this file gives."""
    function = target.function
    given = sources_of(arguments.every())
    if function is None:
        return Value(sources=given)
    interesting = bool(given) or any(v.constant is not None or v.function or v.name for v in arguments.every())
    known = function.result
    if known is not None and not interesting and not machine.scope.at_load:
        return known
    if machine.running >= _DEEPEST_CALLS or not _worth(function):
        return widened(known or Value(), given)
    positional = list(arguments.positional)
    receiver = target.receiver
    if function.owner and receiver is not None and receiver.instance_of:
        kind = _CLASS if function.of_class else ""
        positional.insert(0, Value(name=kind, instance_of=receiver.instance_of, sources=receiver.sources))
    return enter(machine, function, Arguments(positional, arguments.keywords), at_load=machine.scope.at_load)


def _worth(function: Function) -> bool:
    size = function.node.end_byte - function.node.start_byte
    if size > _LARGE and not function.telling:
        return False
    return function.uses < (_MOST_USES_OF_SMALL if size <= _SMALL else _MOST_USES)


def enter(machine: Machine, function: Function, arguments: Arguments, *, at_load: bool) -> Value:
    """Go through a function's body with these arguments."""
    outer, branching = machine.scope, machine.branching
    machine.scope = Scope(at_load=at_load, parent=function.scope, owner=function.owner)
    machine.branching = 0
    machine.running += 1
    function.uses += 1
    try:
        _bind(machine, function, arguments)
        result = _through(machine, function.node)
        if machine.scope.yields and not function.managed:
            result = Value(items=(_any_of_those(result, machine.scope.returned),), sources=result.sources)
    finally:
        machine.scope, machine.branching = outer, branching
        machine.running -= 1
    function.result = widened(result, function.result.sources) if function.result is not None else result
    return result


def _through(machine: Machine, node: Node) -> Value:
    body = node.child_by_field_name("body")
    if node.type == "lambda":
        return machine.evaluate(body)
    machine.run(body)
    returned = machine.scope.returned
    if not returned:
        return Value()
    best = next((v for v in returned if v.constant is not None or v.function or v.name or v.items), returned[0])
    return widened(best, sources_of(returned))


def _any_of_those(result: Value, handed: list[Value]) -> Value:
    """Give what a generator hands out at any turn: of tuples, each part comes from that part of all of them."""
    alike = [value.items for value in handed if value.items and result.items and len(value.items) == len(result.items)]
    if len(alike) < _SEVERAL or result.entries is not None or result.items is None or len(result.items) > _WIDEST:
        return result
    parts = zip(*alike[:_MOST_TURNS], strict=True)
    items = tuple(widened(item, sources_of(part)) for item, part in zip(result.items, parts, strict=True))
    return msgspec.structs.replace(result, items=items)


def _bind(machine: Machine, function: Function, arguments: Arguments) -> None:
    parameters = function.node.child_by_field_name("parameters")
    if parameters is None:
        return
    given = iter(arguments.positional)
    named = [child for child in parameters.named_children if child.type != "comment"]
    for position, parameter in enumerate(named):
        if parameter.type in ("list_splat_pattern", "dictionary_splat_pattern"):
            rest = (*given, *arguments.keywords.values())
            machine.assign(_name(machine, parameter), Value(items=rest) if rest else Value())
            continue
        name = _name(machine, parameter)
        value = next(given, None) or arguments.keywords.get(name)
        if value is None and position == 0 and function.owner:
            value = Value(name=_CLASS if function.of_class else "", instance_of=function.owner)
        if value is None:
            value = _default(machine, parameter, name)
        machine.assign(name, value)


def _name(machine: Machine, parameter: Node) -> str:
    name = parameter.child_by_field_name("name")
    if name is None:
        inner = parameter.named_children
        name = inner[0] if parameter.type != "identifier" and inner else parameter
    return machine.code(name).lstrip("*")


def _default(machine: Machine, parameter: Node, name: str) -> Value:
    default = parameter.child_by_field_name("value")
    value = machine.evaluate(default) if default is not None else Value()
    if name in _REQUESTS:
        asked = machine.source_value(Behaviour.TAKES_REQUEST, parameter, name, latent=True)
        return Value(sources=value.sources | asked)
    secret = secret_parameter(name)
    if secret is not None and not isinstance(value.constant, str):
        sources = machine.source_value(Behaviour.TAKES_SECRET, parameter, f"{secret} {name}", latent=True)
        return Value(template=f"{{{name}}}", sources=value.sources | sources)
    return value if value.sources or value.constant is not None or value.name else Value(template=f"{{{name}}}")


def gone_over(machine: Machine, value: Value) -> Value:
    """Give what a loop over an instance goes over: what its class hands out, turn by turn or at once."""
    for method in _ITERATING if value.instance_of else ():
        found = machine.attributes.get((value.instance_of, method))
        function = found.function if found is not None else None
        if function is None or machine.running >= _DEEPEST_CALLS or not _worth(function):
            continue
        handed = enter(machine, function, Arguments([value]), at_load=machine.scope.at_load)
        if method.endswith("next__"):
            return Value(items=(handed,), sources=handed.sources | value.sources)
        if handed.items is not None or not handed.instance_of:
            return widened(handed, value.sources)
    return value


def later(machine: Machine, function: Function, arguments: Arguments) -> None:
    """Go through a function that others call some day, with what they hand it."""
    if machine.running < _DEEPEST_CALLS and _worth(function):
        enter(machine, function, arguments, at_load=False)


def _mark_those_between(machine: Machine) -> None:
    """Take functions that only hand things from one telling function to another for telling themselves."""
    found = [function for function in machine.pending if function.telling]
    others = [function for function in machine.pending if not (function.telling or function.uses)]
    for _ in range(_LONGEST_CHAIN if others else 0):
        names = {_called_by(machine, function) for function in found} - {None}
        called = {machine.source[name.start_byte : name.end_byte] for name in names if name is not None} - _EVERYDAY
        if not called:
            return
        pattern = re.compile(rb"\b(?:" + b"|".join(map(re.escape, sorted(called))) + rb")\b")
        found = [each for each in others if pattern.search(machine.source, each.node.start_byte, each.node.end_byte)]
        others = [function for function in others if function not in found]
        for function in found:
            function.telling = True


def _called_by(machine: Machine, function: Function) -> Node | None:
    """Find the name that those write who call a function: of a method that the language calls, its class's."""
    name = function.node.child_by_field_name("name")
    if not function.owner or name is None or not machine.code(name).startswith("__"):
        return name
    around = function.node.parent
    while around is not None and around.type != "class_definition":
        around = around.parent
    return around.child_by_field_name("name") if around is not None else name


def finish(machine: Machine) -> None:
    """Go through telling functions that nobody called; commands of a setup.py run at install, and some when loaded."""
    if machine.size < _SMALL_FILE:
        _mark_those_between(machine)
    position = 0
    while position < len(machine.pending) and not machine.budget.exceeded:
        function = machine.pending[position]
        position += 1
        if not (function.telling or function.install_time):
            continue
        started = (function.install_time and machine.setup) or runs_by_itself(machine, function)
        if started or not function.uses:
            enter(machine, function, Arguments(), at_load=started)
