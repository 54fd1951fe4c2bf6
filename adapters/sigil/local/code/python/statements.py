"""What statements do: bindings, branches, definitions and imports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import clients, functions, mail, taps
from adapters.sigil.local.code.python.calls import CALLERS
from adapters.sigil.local.code.python.classes import made
from adapters.sigil.local.code.python.execution import run_text
from adapters.sigil.local.code.python.expressions import PATTERNS, added, bind, elements, one_of, parted
from adapters.sigil.local.code.python.importing import imported, imported_from
from adapters.sigil.local.code.python.machine import ANY_CLASS, widened
from adapters.sigil.local.code.python.replacing import replaced
from adapters.sigil.local.code.python.values import Arguments, Value, sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine, Statement

_MAIN = re.compile(r"__name__\s*==\s*['\"]__main__['\"]|['\"]__main__['\"]\s*==\s*__name__")
_MAINTAINER = re.compile(
    r"sys\.argv.*['\"](?:publish|upload|release|tag|test|tests|register|deploy|push|clean|docs?)['\"]"
)
_REPLACEABLE = re.compile(
    r"(?:builtins|__builtins__|socket|ssl|requests|urllib|http\.client|httpx|getpass|subprocess|os|web3|eth_account)(?:\.\w+)*$"
)
_ACTS = frozenset(
    {Behaviour.RUNS_CODE, Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS, Behaviour.SENDS, Behaviour.DOWNLOADS}
)
_MOST_TURNS = 16
_OLD_FORMS = frozenset({"comparison_operator"})  # Python 2: `exec code in names`
_SHORT = 200
_EXEC = "exec"
_ROUTE = re.compile(r"\(\)\.(?:get|post|put|patch|delete|route|api_route|websocket|command_handler)\(\)$")
_MOST_ASKED = 5
_COMPUTED = frozenset({"property", "functools.cached_property", "cached_property", "abc.abstractproperty"})
_MANAGED = frozenset({"contextmanager", "asynccontextmanager", "fixture"})


def expression(machine: Machine, node: Node) -> None:
    """Follow an expression that stands alone."""
    for child in node.named_children:
        machine.execute(child)


def assignment(machine: Machine, node: Node) -> None:
    """`left = right`, chained ones included."""
    right = node.child_by_field_name("right")
    left = node.child_by_field_name("left")
    if right is None or left is None:
        return
    value: Value
    if left.end_byte - left.start_byte == len(_EXEC) and machine.code(left) == _EXEC:
        _run(machine, node, right.named_children[0] if right.type in _OLD_FORMS else right)
        return
    if right.type == "assignment":
        machine.execute(right)
        value = machine.evaluate(right.child_by_field_name("left"))
    else:
        value = machine.evaluate(right)
    if (
        value.path is None
        and value.constant is None
        and not value.template
        and not value.name
        and left.type == "identifier"
    ):
        value.template = f"{{{machine.code(left)}}}"
    _store(machine, left, value)


def _run(machine: Machine, node: Node, code: Node | None) -> None:
    run_text(machine, node, machine.evaluate(code))


def _store(machine: Machine, left: Node, value: Value) -> None:
    if left.type == "attribute":
        _store_member(machine, left, value)
    elif left.type == "subscript":
        mail.copied(machine, left, machine.code(left.child_by_field_name("subscript") or left).strip("'\""), value)
        holder = left.child_by_field_name("value")
        if holder is not None and holder.type == "attribute" and (value.sources or value.function or value.items):
            owner = machine.evaluate(holder)
            clients.carries(owner.receiver or Value(), owner.member, value.sources)
            taps.kept(machine, owner, value)
        if holder is not None and holder.type == "identifier":
            name = machine.code(holder)
            held = mail.addressed(machine, left, machine.scope.find(name) or Value(), value)
            if value.sources:
                machine.assign(name, widened(held, value.sources))
    elif left.type in PATTERNS:
        for each, part in parted(left, value):
            _store(machine, each, part)
    else:
        bind(machine, left, value)


def _store_member(machine: Machine, left: Node, value: Value) -> None:
    target = machine.evaluate(left.child_by_field_name("object"))
    name = machine.code(left.child_by_field_name("attribute") or left)
    machine.attributes[target.instance_of, name] = value
    mail.copied(machine, left, name, value)
    clients.carries(target, name, sources_of((value,)))
    if target.name and value.function is not None and _REPLACEABLE.match(target.name):
        machine.record(Behaviour.REPLACES_GLOBAL, left, f"{target.name}.{name}")
    replaced(machine, left, target, name, value)


def augmented(machine: Machine, node: Node) -> None:
    """`left += right`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    before, value = machine.evaluate(left), machine.evaluate(right)
    _store(machine, left, added([before, value]))


def _guards(condition: str, *, setup: bool) -> bool:
    """Whether what follows is for a person who starts the file: in a setup.py, for its maintainer."""
    return bool(_MAINTAINER.search(condition) if setup else _MAIN.search(condition))


def branch(machine: Machine, node: Node) -> None:
    """Follow an if: what it binds joins what was bound before; a main guard's body does not happen at load."""
    condition = node.child_by_field_name("condition")
    guard = condition is not None and _guards(machine.code(condition), setup=machine.setup)
    machine.evaluate(condition)
    at_load = machine.scope.at_load
    machine.branching += 1
    for child in node.named_children:
        if child.type == "block":
            machine.scope.at_load = at_load and not guard
            machine.run(child)
            machine.scope.at_load = at_load
        elif child.type in ("elif_clause", "else_clause"):
            branch(machine, child)
    machine.branching -= 1


def loop(machine: Machine, node: Node) -> None:
    """Follow a for: its body is gone through for each of a few known elements, or once for any."""
    over = functions.gone_over(machine, machine.evaluate(node.child_by_field_name("right")))
    left, body = node.child_by_field_name("left"), node.child_by_field_name("body")
    known = elements(over)
    machine.branching += 1
    if known is not None and (len(known) <= _MOST_TURNS or (body is not None and len(machine.code(body)) < _SHORT)):
        for element in known:
            bind(machine, left, element)
            machine.run(body)
    else:
        bind(machine, left, one_of(over))
        machine.run(body)
    machine.branching -= 1
    machine.run(node.child_by_field_name("alternative"))


def blocks(machine: Machine, node: Node) -> None:
    """Follow whatever holds conditions and blocks: while, match, else, finally, except."""
    machine.branching += 1
    for child in node.named_children:
        if child.type == "as_pattern":
            _alias(machine, child)
        else:
            machine.execute(child)
    machine.branching -= 1


def attempt(machine: Machine, node: Node) -> None:
    """Follow a try; one that silences every error of something done at load hides it."""
    first = len(machine.recorder)
    blocks(machine, node)
    silent = any(_silences(machine, child) for child in node.named_children if child.type == "except_clause")
    if silent and machine.scope.at_load and machine.recorder.loaded(first, _ACTS):
        machine.record(Behaviour.HIDES, node, "silenced errors")


def _silences(machine: Machine, clause: Node) -> bool:
    text = " ".join(machine.code(clause).split())
    return bool(re.fullmatch(r"except(?: (?:Base)?Exception(?: as \w+)?)?: (?:pass|\.\.\.)", text))


def context(machine: Machine, node: Node) -> None:
    """Follow a with: its items are bound, then the body follows."""
    for child in node.named_children:
        if child.type == "with_clause":
            for item in child.named_children:
                _with_item(machine, item)
        elif child.type == "block":
            machine.run(child)


def _with_item(machine: Machine, item: Node) -> None:
    value = item.child_by_field_name("value")
    if value is not None and value.type == "as_pattern":
        _alias(machine, value)
    else:
        machine.evaluate(value)


def _alias(machine: Machine, pattern: Node) -> None:
    children = pattern.named_children
    value = machine.evaluate(children[0]) if children else Value()
    for child in children[1:]:
        bind(machine, child, value)


def definition(machine: Machine, node: Node) -> None:
    """Follow a function or class, with its decorators."""
    inner = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
    if inner is None:
        return
    if inner.type == "class_definition":
        made(machine, inner)
        return
    value = functions.define(machine, inner, in_command=machine.scope.is_class and "command" in machine.scope.shared)
    named = inner.child_by_field_name("name")
    if named is not None:
        name = machine.code(named)
        machine.assign(name, value)
        if machine.scope.is_class:
            machine.attributes[machine.scope.owner, name] = value
            machine.attributes.setdefault((ANY_CLASS, name), value)
        if machine.scope.parent is None and name == "__getattr__":
            functions.invoke(machine, value, Arguments())
    for child in node.named_children:
        if child.type == "decorator":
            _decorate(machine, child, value)


def _decorate(machine: Machine, decorator: Node, function: Value) -> None:
    value = machine.evaluate(decorator.named_children[0] if decorator.named_children else None)
    if function.function is not None:
        function.function.computed |= value.name in _COMPUTED
        function.function.managed |= value.member in _MANAGED
        function.function.of_class |= value.name == "classmethod"
        if value.name == "staticmethod":
            function.function.owner = 0
    if value.name in ("exec", "eval"):
        machine.record(Behaviour.RUNS_CODE, decorator, "{decorated}")
    if _ROUTE.search(value.name) and function.function is not None:
        asked = Value(sources=machine.source_value(Behaviour.TAKES_REQUEST, decorator, value.name, latent=True))
        functions.later(machine, function.function, Arguments([asked] * _MOST_ASKED))
    if value.name in CALLERS and machine.scope.at_load:
        functions.invoke(machine, function, Arguments())


def returns(machine: Machine, node: Node) -> None:
    """Follow a return."""
    value = machine.evaluate(node.named_children[0] if node.named_children else None)
    machine.scope.returned.append(value)


def shared_names(machine: Machine, node: Node) -> None:
    """Follow a global statement."""
    machine.scope.shared.update(machine.code(child) for child in node.named_children)


def nothing(_machine: Machine, _node: Node) -> None:
    """Follow a statement that does nothing of interest."""


STATEMENTS: Mapping[str, Statement] = {
    "block": lambda machine, node: machine.run(node),
    "expression_statement": expression,
    "assignment": assignment,
    "augmented_assignment": augmented,
    "if_statement": branch,
    "for_statement": loop,
    "while_statement": blocks,
    "else_clause": blocks,
    "finally_clause": blocks,
    "except_clause": blocks,
    "match_statement": blocks,
    "case_clause": blocks,
    "raise_statement": expression,
    "assert_statement": expression,
    "print_statement": expression,
    "delete_statement": nothing,
    "comment": nothing,
    "try_statement": attempt,
    "with_statement": context,
    "decorated_definition": definition,
    "function_definition": definition,
    "class_definition": definition,
    "return_statement": returns,
    "global_statement": shared_names,
    "nonlocal_statement": nothing,
    "import_statement": imported,
    "import_from_statement": imported_from,
    "future_import_statement": nothing,
    "exec_statement": lambda machine, node: _run(machine, node, node.child_by_field_name("code")),
    "ERROR": blocks,
}
