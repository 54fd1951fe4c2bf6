"""Files: reading them, secrets among them, and writing them where something happens later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.execution import machine_payload
from adapters.sigil.local.code.python.machine import widened
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, sources_of
from adapters.sigil.local.code.python.walking import ruined
from adapters.sigil.local.code.telling import package_path, secret_path, startup_path
from adapters.sigil.local.code.telling_places import (
    application_code,
    foreign_module,
    powerful_code,
    wide_root,
)
from adapters.sigil.local.code.telling_planted import fetching_script, planted_text, talks, what_is_planted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_CODE = re.compile(r"(?:^|[\n;])\s*(?:import|from)\s+\w+")
_SHORTEST_PATH = 4
DESCRIPTOR = "descriptor()"
"""The name of a file that is known by its number."""
_EXECUTABLE_BITS = 0o111


def read(machine: Machine, node: Node, path: Value) -> frozenset[int]:
    """Give the fact that a file is read, or one that holds secrets."""
    behaviour = Behaviour.READS_SECRET_FILE if secret_path(path.text) else Behaviour.READS_FILE
    before = machine.written.get(path.text, NOTHING)
    return machine.source_value(behaviour, node, path.text) | path.sources | before


def written(machine: Machine, node: Node, path: Value, data: Value) -> None:
    """Follow data is written to a path; whoever runs or reads the path later gets what was written."""
    text = path.text
    sources = sources_of((data,))
    ruined(machine, node, path, sources)
    behaviour = Behaviour.WRITES_FILE
    planted = planted_text(data.text) if startup_path(text) or package_path(text) else fetching_script(data.text)
    if planted or (startup_path(text) and talks(data.text)):
        told = what_is_planted(data.text, text)
        sources |= machine.source_value(Behaviour.HOLDS_CODE, node, told, latent=True)
    if startup_path(text):
        behaviour = Behaviour.WRITES_STARTUP
    elif package_path(text) or application_code(text) or foreign_module(text):
        behaviour = Behaviour.CHANGES_PACKAGES
        sources |= _code_held(machine, node, data)
    number = machine.sink(behaviour, node, sources, text)
    path.sources |= sources | {number}
    literal = re.sub(r"\{[^}]*\}", "", text)
    if len(literal) >= _SHORTEST_PATH:
        machine.written[text] = machine.written.get(text, NOTHING) | sources | {number}
    carried(machine, node, data)


def _code_held(machine: Machine, node: Node, data: Value) -> frozenset[int]:
    if not powerful_code(data.text):
        return NOTHING
    return machine.source_value(Behaviour.HOLDS_CODE, node, "code", latent=True)


def carried(machine: Machine, node: Node, data: Value) -> None:
    """Go through Python code that is written somewhere as a constant."""
    constant = data.constant
    text = constant.decode("utf-8", "replace") if isinstance(constant, bytes) else constant
    if isinstance(text, str) and _CODE.search(text[:2000]):
        machine_payload(machine, node, text.encode("utf-8", "replace"), "written")


def opened(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`open`: a handle that knows its path."""
    path = arguments.get(0, "file") or Value()
    if path.name == DESCRIPTOR and path.path is not None:
        path = path.path
    if callee.receiver is not None and callee.name.endswith("().open"):
        path, mode = callee.receiver, arguments.get(0, "mode")
    else:
        mode = arguments.get(1, "mode")
    how = str(mode.constant) if mode is not None and mode.constant is not None else "r"
    if any(letter in how for letter in "wax"):
        if "w" in how:
            ruined(machine, node, path)
        return Value(name="file()", path=path)
    return Value(name="file()", path=path, sources=read(machine, node, path))


def temporary(_machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """Follow a temporary file."""
    return Value(name="file()", path=Value(template="{temporary file}"))


def temporary_pair(_machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """`mkstemp`: a descriptor and the path that it belongs to."""
    path = Value(template="{temporary file}")
    return Value(items=(Value(name=DESCRIPTOR, path=path), path))


def settings_read(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow files of settings that a parser reads: it holds from then on what stood in them."""
    given = arguments.get(0, "filenames") or Value()
    for path in given.parts():
        if secret_path(path.text) and callee.receiver is not None:
            callee.receiver.sources |= read(machine, node, path)
    return Value()


def handle_write(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`handle.write(data)`."""
    data = Value(items=tuple(arguments.every())) if len(arguments.every()) != 1 else arguments.every()[0]
    written(machine, node, callee.path or Value(), data)
    return Value()


def path_write(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`Path(…).write_text(data)`."""
    written(machine, node, callee.receiver or Value(), arguments.get(0, "data") or Value())
    return Value()


def path_read(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """`Path(…).read_text()`."""
    return Value(sources=read(machine, node, callee.receiver or Value()))


def path_of(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a path put together: `Path(a, b)`, `os.path.join(a, b)`, `Path.home()`."""
    kind = "pathlib.Path()" if callee.name.startswith("pathlib") else ""
    if callee.name.endswith(".home"):
        return Value(constant="~", name=kind)
    parts = list(arguments.positional)
    receiver = callee.receiver
    if callee.name.startswith("pathlib.Path()") and receiver is not None:
        parts.insert(0, receiver)
    texts = [part.text.rstrip("/") if place < len(parts) - 1 else part.text for place, part in enumerate(parts)]
    text = "/".join(texts)[:2000]
    known = bool(parts) and all(isinstance(part.constant, str) for part in parts)
    return Value(constant=text if known else None, template=text, name=kind, sources=sources_of(parts), computed=known)


def beside(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """`Path(…).with_name("x")` and its like."""
    path, name = callee.receiver or Value(), arguments.get(0) or Value()
    text = f"{path.text}{name.text}" if callee.member == "with_suffix" else f"{path.text}/{name.text}"
    return Value(name="pathlib.Path()", template=text[:2000], sources=sources_of((path, name)))


def read_by_library(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a picture or sound that a library reads, and what one hides in it."""
    sources = read(machine, node, arguments.get(0) or Value())
    if callee.member in ("reveal", "decode"):
        sources |= machine.source_value(Behaviour.DECODES, node, callee.name)
    return Value(name=f"{callee.name}()", sources=sources)


def resource(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a file of the package that is read by its name: `pkgutil.get_data(package, name)`."""
    return Value(sources=read(machine, node, arguments.get(1, "resource") or Value()))


def package_folder(_machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """`importlib.resources.files`: the folder of a package."""
    return Value(name="pathlib.Path()", template="{package}")


def same_path(_machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Tell what leaves a path what it is: `expanduser`, `abspath`, `Path(…).resolve()`."""
    path = arguments.get(0) or callee.receiver or Value()
    return widened(path, callee.sources)


def copied(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a file is copied or moved."""
    origin, target = arguments.get(0, "src") or Value(), arguments.get(1, "dst") or Value()
    secret = secret_path(origin.text)
    sources = read(machine, node, origin) if secret else origin.sources | machine.written.get(origin.text, NOTHING)
    if target.text.strip("{}"):
        written(machine, node, target, Value(sources=sources))
    return target


def database(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a database that is opened: telling where secrets lie there."""
    path = arguments.get(0) or Value()
    sources = read(machine, node, path) if secret_path(path.text) else path.sources
    return Value(template=path.text, sources=sources)


def made_executable(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """`chmod` with a bit for running."""
    on_path = callee.receiver is not None and callee.name.endswith("().chmod")
    path = (callee.receiver if on_path else arguments.get(0)) or Value()
    mode = arguments.get(0 if on_path else 1, "mode") or Value()
    if mode.constant is None or (isinstance(mode.constant, int) and mode.constant & _EXECUTABLE_BITS):
        machine.sink(
            Behaviour.MAKES_EXECUTABLE, node, path.sources | machine.written.get(path.text, NOTHING), path.text
        )
    return Value()


def tree_removed(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a whole tree is deleted."""
    path = arguments.get(0, "path") or Value()
    machine.sink(Behaviour.DELETES_FILES, node, path.sources, path.text)
    ruined(machine, node, path)
    return Value()


def archive_added(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a file is put into an archive that is written."""
    path = arguments.get(0) or Value()
    sources = read(machine, node, path)
    if wide_root(path.text):
        sources |= machine.source_value(Behaviour.LISTS_FILES, node, path.text, latent=True)
    if callee.receiver is not None:
        callee.receiver.sources |= sources
        if callee.path is not None:
            callee.path.sources |= sources
            machine.written[callee.path.text] = machine.written.get(callee.path.text, NOTHING) | sources
    return Value(sources=sources)


def archive(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow an archive, which belongs to a path."""
    path = arguments.get(0) or Value()
    return Value(name="archive()", path=path, sources=path.sources)


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **dict.fromkeys(("open", "io.open", "codecs.open", "os.fdopen", "pathlib.Path().open", "file"), opened),
    **dict.fromkeys(("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"), temporary),
    "tempfile.mkstemp": temporary_pair,
    **dict.fromkeys(("configparser.ConfigParser().read", "configparser.RawConfigParser().read",
        "configparser.SafeConfigParser().read"), settings_read),
    **dict.fromkeys(("file().write", "file().writelines"), handle_write),
    **dict.fromkeys(("pathlib.Path().write_text", "pathlib.Path().write_bytes"), path_write),
    **dict.fromkeys(("pathlib.Path().read_text", "pathlib.Path().read_bytes"), path_read),
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "os.path.join", "pathlib.Path.home",
        "pathlib.Path().joinpath"), path_of),
    **dict.fromkeys(
        ("os.path.expanduser", "os.path.expandvars", "os.path.abspath", "os.path.realpath", "os.path.normpath",
            "os.fspath",
         "pathlib.Path().expanduser", "pathlib.Path().resolve", "pathlib.Path().absolute"),
        same_path,
    ),
    **dict.fromkeys(("shutil.copy", "shutil.copyfile", "shutil.copy2", "shutil.move", "os.rename", "os.replace",
        "shutil.copytree"), copied),
    "sqlite3.connect": database,
    **dict.fromkeys(("pkgutil.get_data", "importlib.resources.read_text", "importlib.resources.read_binary",
        "pkg_resources.resource_string"), resource),
    "importlib.resources.files": package_folder,
    **dict.fromkeys(("pathlib.Path().with_name", "pathlib.Path().with_suffix", "pathlib.Path().with_stem"), beside),
    **dict.fromkeys(
        ("PIL.Image.open", "cv2.imread", "imageio.imread", "wave.open", "stegano.lsb.reveal", "judyb.lsb.reveal",
         "stegano.exifHeader.reveal", "stepic.decode", "numpy.fromfile"),
        read_by_library,
    ),
    **dict.fromkeys(("os.chmod", "pathlib.Path().chmod"), made_executable),
    "shutil.rmtree": tree_removed,
    **dict.fromkeys(("zipfile.ZipFile", "tarfile.open"), archive),
    **dict.fromkeys(("archive().write", "archive().add"), archive_added),
}  # fmt: skip
