"""Folders gone through, what is ruined of the files found there, and whole folders put into archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value
from adapters.sigil.local.code.telling import secret_path
from adapters.sigil.local.code.telling_places import REMOVED_RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_LOCKS = frozenset({Behaviour.ENCODES, Behaviour.DECODES})


def listed(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow the names that a folder or a tree of folders holds to what is done with each."""
    path, text = _root(callee, arguments)
    sources = path.sources | machine.source_value(Behaviour.LISTS_FILES, node, text, latent=True)
    if secret_path(text):
        sources |= machine.source_value(Behaviour.READS_SECRET_FILE, node, text)
    return Value(items=(_element(callee, path, text, sources),), template=text, sources=sources)


def _root(callee: Value, arguments: Arguments) -> tuple[Value, str]:
    first = arguments.get(0) or Value(constant=".")
    if callee.name.startswith("pathlib.Path()") and callee.receiver is not None:
        pattern = f"/{first.text}" if callee.member in ("glob", "rglob") else ""
        return callee.receiver, callee.receiver.text + pattern
    return first, first.text


def _element(callee: Value, path: Value, text: str, sources: frozenset[int]) -> Value:
    if callee.name.startswith("pathlib.Path()"):
        return Value(name="pathlib.Path()", template=f"{path.text}/{{file}}", sources=sources)
    if callee.name in ("os.walk", "os.fwalk"):
        names = Value(items=(Value(template="{file}", sources=sources),), sources=sources)
        return Value(items=(Value(template=text, sources=sources), names, names), sources=sources)
    if callee.member in ("glob", "iglob"):
        return Value(template=text, sources=sources)
    return Value(template="{file}", sources=sources)


def ruined(machine: Machine, node: Node, path: Value, content: frozenset[int] = NOTHING) -> None:
    """Enter that a file found in folders gone through is removed or overwritten; `content` is what it then holds."""
    behaviour = machine.recorder.behaviour
    walked = frozenset(number for number in path.sources if behaviour(number) is Behaviour.LISTS_FILES)
    if walked:
        locked = frozenset(number for number in content if behaviour(number) in _LOCKS)
        machine.sink(Behaviour.RUINS_FILES, node, walked | locked, path.text)


def removed(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a single file that is removed or emptied."""
    on_path = callee.receiver is not None and callee.name.startswith("pathlib.Path()")
    path = (callee.receiver if on_path else arguments.get(0, "path")) or Value()
    ruined(machine, node, path)
    if machine.started.get(path.text) is machine.scope:
        machine.sink(Behaviour.HIDES, node, machine.written.get(path.text, NOTHING), REMOVED_RUNNING)
    return Value()


def packed(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a whole folder that is put into an archive: `shutil.make_archive(base, format, folder)`."""
    base, kind = arguments.get(0, "base_name") or Value(), arguments.get(1, "format") or Value()
    root = arguments.get(2, "root_dir") or Value(constant=".")
    sources = root.sources | machine.source_value(Behaviour.LISTS_FILES, node, root.text, latent=True)
    if secret_path(root.text):
        sources |= machine.source_value(Behaviour.READS_SECRET_FILE, node, root.text)
    text = f"{base.text}.{kind.text}"
    machine.written[text] = machine.written.get(text, NOTHING) | sources
    return Value(template=text, sources=sources)


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **dict.fromkeys(
        ("os.listdir", "os.walk", "os.fwalk", "os.scandir", "glob.glob", "glob.iglob", "pathlib.Path().glob",
         "pathlib.Path().iterdir", "pathlib.Path().rglob"),
        listed,
    ),
    **dict.fromkeys(("os.remove", "os.unlink", "os.truncate", "pathlib.Path().unlink"), removed),
    "shutil.make_archive": packed,
}  # fmt: skip
