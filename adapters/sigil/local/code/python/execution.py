"""Code that is made and run: exec and its like, modules by computed names, serialized code, and payloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import configurations
from adapters.sigil.local.code.python.functions import invoke
from adapters.sigil.local.code.python.lookups import UNKNOWN_BUILTIN, UNKNOWN_COMMAND, attribute_of, entry, find
from adapters.sigil.local.code.python.modules import own_module
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_CODE = re.compile(r"\b(?:import|exec|eval|getattr|__import__|lambda|print|def)\b|[=(]")
_DEEPEST_PAYLOAD = 3
_LONGEST_PAYLOAD = 500_000
_IMPORT_METHODS = frozenset(
    {
        "find_spec",
        "find_module",
        "create_module",
        "exec_module",
        "load_module",
        "get_code",
        "get_data",
        "source_to_code",
    }
)
_FOREIGN = frozenset({Behaviour.DECODES, Behaviour.DOWNLOADS})
_BUILTINS = frozenset({"builtins", "__builtins__", "__builtin__"})
_RUNNING_MODULES = {"os": UNKNOWN_COMMAND, "subprocess": UNKNOWN_COMMAND}


def runs(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """exec, eval and their like."""
    code = arguments.get(0, "source") or Value()
    return run_text(machine, node, code) if callee.name != "compile" else compiled(machine, node, code)


def run_text(machine: Machine, node: Node, code: Value) -> Value:
    """Follow text is run as code; text that is known is gone through itself."""
    sources = sources_of((code,))
    number = machine.sink(Behaviour.RUNS_CODE, node, sources, code.text[:300])
    text = _source(code)
    label = "decoded" if any(machine.recorder.behaviour(n) is Behaviour.DECODES for n in sources) else "run"
    result = machine_payload(machine, node, text, label) if text else Value()
    return Value(sources=sources | {number} | result.sources, name=result.name, constant=result.constant)


def compiled(machine: Machine, node: Node, code: Value) -> Value:
    """`compile` alone runs nothing; data that it is given makes it telling."""
    del machine, node
    return Value(
        constant=code.constant, template=code.text, sources=code.sources, path=code.path, computed=code.computed
    )


def _source(code: Value) -> bytes:
    constant = code.constant
    if isinstance(constant, str):
        constant = constant.encode("utf-8", "replace")
    if not isinstance(constant, bytes) or len(constant) > _LONGEST_PAYLOAD:
        return b""
    return constant if _CODE.search(constant[:5000].decode("utf-8", "replace")) else constant[:200]


def machine_payload(machine: Machine, node: Node, text: bytes, label: str) -> Value:
    """Go through code that a constant holds, as if it stood where it is run; at most three payloads deep."""
    from adapters.sigil.local.code.python.payload import go_through

    depth = machine.origin.depth if machine.origin is not None else 0
    if depth >= _DEEPEST_PAYLOAD:
        machine.budget.exceeded = True
        return Value()
    return go_through(machine, node, text, label, depth + 1)


def unserialized(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow serialized code or objects are brought to life."""
    sources = sources_of(arguments.every())
    number = machine.sink(Behaviour.RUNS_CODE, node, sources, callee.name)
    return Value(sources=sources | {number})


def imports(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a module by its name; a name that is put together, or comes from elsewhere, is telling."""
    wanted = arguments.get(0, "name") or Value()
    own = own_module(machine, node, wanted.constant) if isinstance(wanted.constant, str) else None
    if own is not None:
        return own
    if isinstance(wanted.constant, str) and not wanted.computed:
        whole = callee.name.startswith("importlib") or len(arguments.every()) > 1
        return Value(name=wanted.constant if whole else wanted.constant.partition(".")[0])
    number = machine.sink(Behaviour.IMPORTS_DYNAMICALLY, node, wanted.sources, wanted.text)
    if isinstance(wanted.constant, str):
        return Value(name=wanted.constant)
    return Value(sources=wanted.sources | {number})


def import_hooked(machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """Follow a finder that imports are led through from now on: the language calls its methods and its loaders'."""
    members = machine.attributes
    found = [
        (owner, value)
        for owner in members.owners()
        for name, value in members.of(owner).items()
        if owner > 0 and name in _IMPORT_METHODS
    ]
    machine.budget.steps -= len(found)
    for owner, value in found:
        if value.function is not None and value.function not in machine.hooked:
            machine.hooked.add(value.function)
            invoke(machine, Value(function=value.function, receiver=Value(instance_of=owner)), Arguments())
    return Value()


def unknown_builtin(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a builtin whose name nobody can read: with what was decoded or fetched it can only be one that runs it."""
    code = arguments.get(0) or Value()
    foreign = any(machine.recorder.behaviour(source) in _FOREIGN for source in sources_of((code,)))
    return run_text(machine, node, code) if foreign else Value(sources=sources_of(arguments.every()))


def unknown_command(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a function of the system whose name is data: with what was decoded or fetched it may well run that."""
    command = arguments.get(0) or Value()
    sources = sources_of(command.parts())
    if any(machine.recorder.behaviour(source) in _FOREIGN for source in sources):
        sources |= {machine.sink(Behaviour.RUNS_SHELL, node, sources, command.text)}
    return Value(sources=sources_of(arguments.every()) | sources)


def member(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """getattr: a member by its name."""
    del callee
    owner, name = arguments.get(0) or Value(), arguments.get(1) or Value()
    if not isinstance(name.constant, str) and owner.name in _BUILTINS:
        return Value(name=UNKNOWN_BUILTIN, sources=name.sources)
    if not isinstance(name.constant, str) and owner.name in _RUNNING_MODULES:
        return Value(name=_RUNNING_MODULES[owner.name], sources=name.sources)
    if not isinstance(name.constant, str):
        held = configurations.every(machine, node, owner)
        return held or Value(sources=sources_of((owner, name)), template=f"{{{owner.text}.{name.text}}}")
    found = attribute_of(machine, node, owner, name.constant)
    if name.computed and found.name:
        machine.record(Behaviour.IMPORTS_DYNAMICALLY, node, found.name)
    return found


def namespace(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`vars(module)`."""
    owner = arguments.get(0)
    held = configurations.every(machine, node, owner) if owner is not None else None
    return held or Value(name=f"{owner.name}.__dict__" if owner is not None and owner.name else f"{callee.name}()")


def namespace_get(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`globals().get('name')` and its like."""
    key = arguments.get(0)
    target = Value(name=callee.name.rpartition(".")[0])
    if key is None or not isinstance(key.constant, str):
        return Value()
    return entry(machine, node, target, key) if key.computed else find(machine, node, key.constant)


def loader(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a module that is loaded from a file by its path: telling where that is no source."""
    path = arguments.get(1, "location") or arguments.get(1, "path") or Value()
    if not path.text.endswith((".py", "}")):
        sources = path.sources | machine.source_value(Behaviour.READS_FILE, node, path.text)
        machine.sink(Behaviour.RUNS_CODE, node, sources, callee.name)
    return Value(name=f"{callee.name}()", sources=path.sources)


def native(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow memory for machine code, and threads that run it."""
    number = machine.sink(Behaviour.RUNS_CODE, node, sources_of(arguments.every()), callee.name)
    return Value(sources=frozenset((number,)))


def passed_on(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a wrapper whose result is what it is given."""
    del callee
    first = arguments.get(0) or Value()
    return Value(constant=first.constant, template=first.text, sources=sources_of(arguments.every()) or NOTHING)


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **dict.fromkeys(("exec", "eval", "compile", "execfile", "builtins.exec", "builtins.eval"), runs),
    **dict.fromkeys(("runpy.run_path", "code.interact", "code.InteractiveInterpreter().runsource",
        "types.FunctionType"), unserialized),
    **dict.fromkeys(
        ("marshal.loads", "marshal.load", "pickle.loads", "pickle.load", "dill.loads", "dill.load", "cloudpickle.loads",
         "cloudpickle.load", "pickle.Unpickler", "jsonpickle.decode"),
        unserialized,
    ),
    **dict.fromkeys(("__import__", "importlib.import_module", "importlib.__import__"), imports),
    **dict.fromkeys(("importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader",
        "importlib.machinery.SourcelessFileLoader"), loader),
    **dict.fromkeys(("sys.meta_path.append", "sys.meta_path.insert", "sys.path_hooks.append",
        "sys.path_hooks.insert"), import_hooked),
    UNKNOWN_BUILTIN: unknown_builtin,
    UNKNOWN_COMMAND: unknown_command,
    "getattr": member,
    "vars": namespace,
    "globals().get": namespace_get,
    "sys.modules.get": namespace_get,
    **{
        f"ctypes.windll.kernel32.{name}": native
        for name in ("VirtualAlloc", "VirtualAllocEx", "VirtualProtect", "CreateThread", "CreateRemoteThread",
            "RtlMoveMemory",
                     "WriteProcessMemory", "QueueUserAPC")
    },
    "ctypes.CFUNCTYPE()": native,
    "textwrap.dedent": passed_on,
    "io.StringIO": passed_on,
    "io.BytesIO": passed_on,
}  # fmt: skip
