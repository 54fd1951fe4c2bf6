"""Names resolved: through imports and aliases, members, namespaces used as dictionaries, and slices."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import configurations
from adapters.sigil.local.code.python.functions import invoke
from adapters.sigil.local.code.python.taps import MESSAGE, taken
from adapters.sigil.local.code.python.values import Arguments, Value, canonical, sources_of
from adapters.sigil.local.code.telling import secret_variable
from adapters.sigil.local.code.telling_places import kept_secret

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_NAMESPACES = frozenset({"globals()", "locals()", "vars()", "sys.modules", "__builtins__", "builtins", "__builtin__"})

UNKNOWN_BUILTIN = "<builtin>"
UNKNOWN_COMMAND = "<command>"
CHOICE = "<choice>"
"""The name of what is picked by an unknown key: `items` are the functions that it may be."""
BUILTIN_TABLES = frozenset({"builtins.__dict__", "__builtins__.__dict__", "__builtins__", "__builtin__.__dict__"})
RUNNERS = frozenset({"exec", "eval", "os.system", "os.popen", "marshal.loads", "pickle.loads", "runpy.run_path"})
_MOST_CHOICES = 50
_ONE_VARIABLE = frozenset({"os.environ.get", "os.environ.pop", "os.environ.setdefault"})
_REQUESTS = ("flask.request.", "quart.request.", "bottle.request.", "cherrypy.request.")
_WHO = frozenset({"USER", "USERNAME", "LOGNAME", "COMPUTERNAME", "HOSTNAME", "USERDOMAIN"})


def identifier(machine: Machine, node: Node) -> Value:
    """Follow a name: what it was given, or else a builtin or something unknown of this name."""
    return find(machine, node, normal(machine.code(node)))


def normal(name: str) -> str:
    """Follow a name as Python reads it: letters of mathematical alphabets mean the plain ones."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def find(machine: Machine, node: Node, name: str) -> Value:
    """Give the value of a name."""
    found = machine.scope.find(name)
    if found is not None:
        if found.name == "os.environ":
            return environment(machine, node)
        return found
    stars = machine.scope.module().stars
    for module in stars:
        known = canonical(f"{module}.{name}")
        if (module, name) in _STARRED:
            return Value(name=known)
    return Value(name=name)


_STARRED = frozenset(
    (module, name)
    for module, names in (
        ("os", "system popen environ getenv remove startfile path listdir walk"),
        ("subprocess", "run call check_call check_output Popen getoutput"),
        ("base64", "b64decode b64encode b32decode b85decode"),
        ("requests", "get post put request Session"),
        ("urllib.request", "urlopen urlretrieve Request"),
        ("socket", "socket gethostname gethostbyname"),
        ("marshal", "loads"),
        ("zlib", "decompress"),
        ("shutil", "rmtree copy copyfile"),
        ("ctypes", "windll CDLL cdll"),
    )
    for name in names.split()
)


def environment(machine: Machine, node: Node) -> Value:
    """Give the whole environment: a fact only where it goes somewhere."""
    return Value(name="os.environ", sources=machine.source_value(Behaviour.READS_ENVIRONMENT, node, "*", latent=True))


def variable(machine: Machine, node: Node, key: Value) -> Value:
    """Follow a variable of the environment; one that holds no secret is only a text of which nothing is known."""
    if not isinstance(key.constant, str):
        sources = machine.source_value(Behaviour.READS_ENVIRONMENT, node, key.text, latent=True)
        return Value(template=f"{{{key.text}}}", sources=sources | key.sources)
    name = key.constant
    if name.upper() in _WHO:
        return Value(
            template=f"{{{name}}}", sources=machine.source_value(Behaviour.READS_SYSTEM, node, name, latent=True)
        )
    if not secret_variable(name):
        return Value(template=f"{{{name}}}")
    return Value(template=f"{{{name}}}", sources=machine.source_value(Behaviour.READS_ENVIRONMENT, node, name))


def attribute_of(machine: Machine, node: Node, target: Value, name: str) -> Value:
    """Follow a member of a value, by its name."""
    name = normal(name)
    if target.instance_of:
        found = machine.attributes.get((target.instance_of, name))
        if kept_secret(name) and not (found and (found.sources or found.function or found.constant)):
            return secret(machine, node, target, name)
        if found is not None:
            bound = _bound(found, target)
            return invoke(machine, bound, Arguments()) if found.function and found.function.computed else bound
    if target.name == "file()" and name == "name" and target.path is not None:
        return target.path
    held = target if name == "__call__" else configurations.attribute(machine, node, target, name)
    if held is not None:
        return held
    if name == "__dict__":
        return Value(name=f"{target.name}.__dict__")
    return _named(machine, node, target, name)


def _named(machine: Machine, node: Node, target: Value, name: str) -> Value:
    full = canonical(f"{target.name}.{name}")
    if full == "os.environ":
        return environment(machine, node)
    if full in _ONE_VARIABLE:
        return Value(name=full, receiver=target)
    own = (name == "rfile" and not target.name) or (name == "request" and target.instance_of)
    if own or full.startswith(_REQUESTS):
        return Value(name=full, sources=machine.source_value(Behaviour.TAKES_REQUEST, node, full, latent=True))
    if name == "parent" and target.name == "pathlib.Path()":
        return Value(name=target.name, template=target.text, sources=target.sources)
    if not target.name and target.constant is None:
        found = machine.attributes.get((0, name))
        if found is not None and found.sources:
            return Value(name=f".{name}", receiver=target, sources=found.sources | target.sources)
        target = secret(machine, node, target, name) if kept_secret(name) else target
    sources = target.sources | taken(machine, node, target, name) if target.name.startswith(MESSAGE) else target.sources
    return Value(name=full, receiver=target, sources=sources, path=target.path, template=_text(target, name))


def secret(machine: Machine, node: Node, target: Value, name: str) -> Value:
    """Follow a key or password that an object of somebody keeps: telling only where it goes somewhere."""
    sources = machine.source_value(Behaviour.TAKES_SECRET, node, f"{kept_secret(name)} {name}", latent=True)
    return Value(template=f"{{{name}}}", sources=sources | target.sources)


def _bound(found: Value, target: Value) -> Value:
    if found.function is None:
        return found
    return Value(function=found.function, receiver=target, sources=found.sources)


def _text(target: Value, name: str) -> str:
    if target.name.startswith("pathlib.Path()") and name in ("parent", "resolve", "absolute"):
        return target.text
    return f"{{{target.template.strip('{}') or target.name}.{name}}}"[:200] if target.constant is None else ""


def subscript(machine: Machine, node: Node) -> Value:
    """Follow an item or slice of a value."""
    target = machine.evaluate(node.child_by_field_name("value"))
    index = node.child_by_field_name("subscript")
    if index is None:
        return Value(sources=target.sources)
    if index.type == "slice":
        return _slice(machine, node, target, index)
    key = machine.evaluate(index)
    if target.name == "os.environ":
        return variable(machine, node, key)
    if target.name == configurations.HOST_CONFIGURATION:
        return configurations.entry(machine, node, target, key)
    if isinstance(key.constant, str) and (
        target.name in _NAMESPACES or target.name.endswith((".__dict__", ".__globals__"))
    ):
        return entry(machine, node, target, key)
    return _item(target, key) or got(machine, node, target, key) or _some_item(machine, node, target, key)


def _some_item(machine: Machine, node: Node, target: Value, key: Value) -> Value:
    if target.name in BUILTIN_TABLES and not isinstance(key.constant, str):
        return Value(name=UNKNOWN_BUILTIN, sources=key.sources)
    if target.name in ("globals()", "locals()", "vars()"):
        return chosen(Value(entries=machine.scope.module().names, sources=target.sources), key)
    name = f"{target.name}[]" if target.name else ""
    return Value(name=name, template=f"{{{machine.code(node)[:60]}}}", sources=sources_of((target,)))


def _item(target: Value, key: Value) -> Value | None:
    if target.entries is not None:
        return chosen(target, key)
    index = key.constant
    if not isinstance(index, int):
        return None
    if target.items is not None and -len(target.items) <= index < len(target.items):
        return target.items[index]
    if isinstance(target.constant, str | bytes) and -len(target.constant) <= index < len(target.constant):
        return Value(constant=target.constant[index], sources=target.sources, computed=True)
    return None


def got(machine: Machine, node: Node, target: Value | None, key: Value) -> Value | None:
    """Give what a dictionary has under a key; of an unknown one only keys and passwords say something."""
    if target is not None and target.name == configurations.HOST_CONFIGURATION:
        return configurations.entry(machine, node, target, key)
    if target is None or target.entries is not None:
        return chosen(target, key) if target is not None else None
    if target.name or not isinstance(key.constant, str) or not kept_secret(key.constant):
        return None
    return secret(machine, node, target, key.constant)


def chosen(target: Value, key: Value) -> Value:
    """Give what a dictionary has under a key, or any of its values where the key is unknown."""
    entries = target.entries or {}
    found = entries.get(key.constant) if isinstance(key.constant, str) else None
    if found is not None:
        return found
    every = list(entries.values())[:_MOST_CHOICES]
    if any(_callable(value) for value in every):
        return Value(name=CHOICE, items=tuple(filter(_callable, every)), sources=target.sources | key.sources)
    texts = " ".join(value.text for value in every)
    return Value(template=texts[:2000], sources=target.sources)


def _callable(value: Value) -> bool:
    return value.function is not None or value.name in RUNNERS or value.name == "class" or unknown_runner(value)


def unknown_runner(value: Value) -> bool:
    """Whether a value is a function of the language or the system whose name nobody can read."""
    return value.name in (UNKNOWN_BUILTIN, UNKNOWN_COMMAND)


def entry(machine: Machine, node: Node, target: Value, key: Value) -> Value:
    """Tell what a namespace, used as a dictionary, holds under a name."""
    name = str(key.constant)
    if target.name.endswith(".__dict__"):
        owner = target.name.removesuffix(".__dict__")
        found = Value(name=canonical(f"{owner}.{name}"))
    elif target.name in ("globals()", "locals()", "vars()"):
        found = find(machine, node, name)
    else:
        found = Value(name=name)
    if key.computed and found.name:
        machine.record(Behaviour.IMPORTS_DYNAMICALLY, node, found.name)
    return found


def _slice(machine: Machine, node: Node, target: Value, index: Node) -> Value:
    bounds = _bounds(machine, index)
    if bounds is None or (target.constant is None and target.items is None):
        return Value(template=f"{{{machine.code(node)[:60]}}}", sources=sources_of((target,)))
    if target.items is not None:
        return Value(items=target.items[bounds], sources=target.sources)
    if not isinstance(target.constant, str | bytes):
        return Value(sources=target.sources)
    sources = target.sources
    if bounds.step == -1:
        sources |= machine.source_value(Behaviour.DECODES, node, "reversed", latent=True)
    return Value(constant=target.constant[bounds], sources=sources, computed=True)


def _bounds(machine: Machine, index: Node) -> slice | None:
    parts: list[int | None] = [None]
    for child in index.children:
        if child.type == ":":
            parts.append(None)
            continue
        constant = machine.evaluate(child).constant
        if not isinstance(constant, int):
            return None
        parts[-1] = constant
    start, stop, step = (*parts, None, None)[:3]
    return None if step == 0 else slice(start, stop, step)
