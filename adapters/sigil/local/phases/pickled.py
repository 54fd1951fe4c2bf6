"""What a pickle makes when it is loaded, by its own instructions; none of them is carried out."""

from __future__ import annotations

import pickletools

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
_SAME = {"__builtin__": "builtins", "copy_reg": "copyreg"}
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
        names = _names(pickle)
    except (ValueError, IndexError, KeyError):
        return False
    return all(
        name in _DATA.get(_SAME.get(module, module), ()) or module.partition(".")[0] in own for module, name in names
    )


def _names(pickle: bytes) -> set[tuple[str, str]]:
    """Collect the modules and names that a pickle asks for; raises ValueError for what is none, or hides them."""
    found: set[tuple[str, str]] = set()
    texts: list[str] = []
    memo: dict[int, str] = {}
    for opcode, argument, _ in pickletools.genops(pickle):
        if opcode.name in {"GLOBAL", "INST"}:
            module, _, name = str(argument).partition(" ")
            found.add((module, name))
        elif opcode.name == "STACK_GLOBAL":
            found.add((texts[-2], texts[-1]))
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
    return found
