"""What a pickle makes when it is loaded, by its own instructions; none of them is carried out."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator

_MOST_BYTES = 5_000_000
_DATA = {
    "builtins": frozenset(("set", "frozenset", "bytearray", "complex", "range", "slice", "object", "dict", "list")),
    "collections": frozenset(("OrderedDict", "defaultdict", "deque", "Counter")),
    "datetime": frozenset(("date", "datetime", "time", "timedelta", "timezone")),
    "decimal": frozenset(("Decimal",)),
    "fractions": frozenset(("Fraction",)),
    "uuid": frozenset(("UUID",)),
    "copyreg": frozenset(("_reconstructor",)),
    "_codecs": frozenset(("encode",)),
}
_STARTERS = {
    "os": frozenset(
        ("system", "popen", "execv", "execve", "execvp", "execl", "spawnl", "spawnv", "posix_spawn", "startfile")
    ),
    "subprocess": frozenset(("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput")),
    "builtins": frozenset(("exec", "eval", "compile", "__import__")),
    "pty": frozenset(("spawn",)),
    "runpy": frozenset(("run_path", "run_module", "_run_code")),
    "marshal": frozenset(("loads",)),
    "importlib": frozenset(("import_module",)),
    "asyncio": frozenset(("create_subprocess_shell", "create_subprocess_exec")),
    "webbrowser": frozenset(("open",)),
    "code": frozenset(("interact",)),
    "pip": frozenset(("main",)),
    "pip._internal": frozenset(("main",)),
}
"""Functions that run something: hardly any object is made by calling one of them."""
_SAME = {"__builtin__": "builtins", "copy_reg": "copyreg", "posix": "os", "nt": "os", "commands": "subprocess"}
_TEXTS = frozenset(
    (
        "SHORT_BINUNICODE",
        "BINUNICODE",
        "UNICODE",
        "BINUNICODE8",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
    )
)
_UNFOLLOWED = frozenset(("EXT1", "EXT2", "EXT4", "POP", "POP_MARK", "DUP", "PERSID", "BINPERSID"))
"""Instructions after which the last texts need not be those on top of the stack."""


def makes_data(pickle: bytes, own: frozenset[str]) -> bool:
    """Whether bytes are a pickle of plain data and of a package's own classes; `own` are its modules' top names."""
    if len(pickle) > _MOST_BYTES:
        return False
    try:
        names = set(_names(pickle))
    except (ValueError, IndexError, KeyError):
        return False
    return all(name in _DATA.get(module, ()) or module.partition(".")[0] in own for module, name in names)


def runs_something(pickle: bytes) -> bool:
    """Whether a pickle's instructions ask for a function that runs commands or code, as far as they can be read.

    What stands behind the call need not be whole: it has run by then.
    """
    try:
        return any(name in _STARTERS.get(module, ()) for module, name in _names(pickle[:_MOST_BYTES]))
    except (ValueError, IndexError, KeyError):
        return False


def _names(pickle: bytes) -> Iterator[tuple[str, str]]:
    """Tell the modules and names that a pickle asks for; raises ValueError for what is none, or hides them."""
    texts: list[str] = []
    memo: dict[int, str] = {}
    for opcode, argument, _ in pickletools.genops(pickle):
        if opcode.name in {"GLOBAL", "INST"}:
            module, _, name = str(argument).partition(" ")
            yield _SAME.get(module, module), name
        elif opcode.name == "STACK_GLOBAL":
            yield _SAME.get(texts[-2], texts[-2]), texts[-1]
        elif opcode.name in _UNFOLLOWED:
            raise ValueError(opcode.name)
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else ""
        elif opcode.name in {"PUT", "BINPUT", "LONG_BINPUT"}:
            memo[int(str(argument))] = texts[-1] if texts else ""
        elif opcode.name in {"GET", "BINGET", "LONG_BINGET"}:
            texts.append(memo[int(str(argument))])
        elif opcode.name in _TEXTS:
            texts.append(str(argument))
