"""Constants that code puts together: escapes, concatenation, decoders, paths."""

from __future__ import annotations

import base64
import binascii
import math
import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN_PART, Value, constant

TEXT_LIMIT = 65_536
ITEM_LIMIT = 4_096
_SEPARATOR_LIMIT = 64
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|(\r?\n)|(.))", re.DOTALL)
_AUTHORITY = re.compile(r"(?:https?|wss?)://[^/?#]*", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LAST_CODE_POINT = 0x10FFFF


def unescape(text: str) -> str:
    """Read the escapes of a string literal."""
    return _paired(_ESCAPE.sub(_unescaped, text)) if "\\" in text else text


def _paired(text: str) -> str:
    """Join surrogates to the characters they stand for; those left over can't be written."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(min(int(code, 16), _LAST_CODE_POINT))
    return "" if found[4] else _LETTERS.get(found[5], found[5])


def number(text: str) -> float | None:
    """Read a number literal; None for one that is too long to matter."""
    cleaned = text.replace("_", "").rstrip("n").lower()
    try:
        read = float(int(cleaned, 0)) if cleaned[:2] in {"0x", "0o", "0b"} else float(cleaned)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def shown(value: Value) -> str:
    """Write a value as it would stand within a string, `…` for what is unknown."""
    if value.text is not None:
        return value.text if value.whole else value.text + UNKNOWN_PART * (UNKNOWN_PART not in value.text)
    if value.number is not None:
        return str(int(value.number)) if value.number.is_integer() else str(value.number)
    return UNKNOWN_PART


def joined(parts: list[Value], separator: str = "") -> Value:
    """Put values together to one string; data of any part is data of the whole."""
    taints = frozenset().union(*(part.taints for part in parts))
    text = separator[:_SEPARATOR_LIMIT].join(_until_limit(parts))
    whole = all(part.whole or part.number is not None for part in parts)
    if not whole and not text.replace(UNKNOWN_PART, "").strip(separator):
        return Value(taints=taints) if taints else NOTHING
    text = re.sub(UNKNOWN_PART + "{2,}", UNKNOWN_PART, text[:TEXT_LIMIT])
    return Value(text=text, whole=whole, rooted=bool(parts) and parts[0].rooted, taints=taints)


def _until_limit(parts: list[Value]) -> Iterator[str]:
    length = 0
    for number, part in enumerate(parts):
        text = shown(part)
        if number and text.startswith("/") and not part.rooted and _AUTHORITY.fullmatch(shown(parts[number - 1])):
            text = UNKNOWN_PART  # what else it may be goes on with the host's name
        yield text
        length += len(text)
        if length > TEXT_LIMIT:
            break


def path_joined(parts: list[Value]) -> Value:
    """Put values together as `path.join` does."""
    value = joined([part for part in parts if not (part.whole and part.text == "")], "/")
    if value.text is None:
        return value
    return Value(text=posixpath.normpath(value.text), whole=value.whole, taints=value.taints)


def decoded(text: str, encoding: str) -> str | None:
    """Decode base64 or hex; None for text that is neither."""
    try:
        if encoding == "hex":
            return bytes.fromhex(text).decode("utf-8", "replace")
        padded = re.sub(r"\s", "", text).rstrip("=")
        padded += "=" * (-len(padded) % 4)
        return base64.b64decode(padded, altchars=b"-_" if set("-_") & set(padded) else None).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return None


def from_codes(values: list[Value]) -> Value | None:
    """Fold `String.fromCharCode` of constants; None where any is unknown."""
    if len(values) == 1 and values[0].items is not None:
        values = list(values[0].items)
    if not values or any(value.number is None for value in values):
        return None
    codes = [int(value.number or 0) & 0xFFFF for value in values[:TEXT_LIMIT]]
    return constant(_paired("".join(map(chr, codes))))


def _slice(text: str, arguments: list[Value]) -> Value | None:
    bounds = [None if value.number is None else int(value.number) for value in arguments[:2]]
    if None in bounds or not bounds:
        return None
    return constant(text[slice(*(bounds if len(bounds) > 1 else (*bounds, None)))])


def _replace(text: str, arguments: list[Value]) -> Value | None:
    if len(arguments) < 2 or not all(value.whole for value in arguments[:2]):  # noqa: PLR2004 - what and by what
        return None
    return constant(text.replace(arguments[0].text or "", arguments[1].text or "", 1))


def _replace_all(text: str, arguments: list[Value]) -> Value | None:
    if len(arguments) < 2 or not all(value.whole for value in arguments[:2]):  # noqa: PLR2004 - what and by what
        return None
    by = arguments[1].text or ""
    if len(text) * len(by) > TEXT_LIMIT * 16:
        return None
    return constant(text.replace(arguments[0].text or "\0", by)[:TEXT_LIMIT])


def _split(text: str, arguments: list[Value]) -> Value | None:
    if not arguments or not arguments[0].whole:
        return None
    separator = arguments[0].text
    parts = text.split(separator)[:ITEM_LIMIT] if separator else list(text[:ITEM_LIMIT])
    return Value(items=tuple(map(constant, parts)))


def _character(text: str, arguments: list[Value]) -> Value | None:
    at = arguments[0].number if arguments else 0.0
    return constant(text[int(at)]) if at is not None and 0 <= at < len(text) else None


def _concatenated(text: str, arguments: list[Value]) -> Value | None:
    return joined([constant(text), *arguments])


_TEXT_METHODS: dict[str, Callable[[str, list[Value]], Value | None]] = {
    "toString": lambda text, arguments: constant(text) if not arguments or arguments[0].text != "base64" else None,
    "trim": lambda text, _: constant(text.strip()),
    "toLowerCase": lambda text, _: constant(text.lower()),
    "toUpperCase": lambda text, _: constant(text.upper()),
    "valueOf": lambda text, _: constant(text),
    "concat": _concatenated,
    "slice": _slice,
    "substring": _slice,
    "replace": _replace,
    "replaceAll": _replace_all,
    "split": _split,
    "charAt": _character,
    "at": _character,
}


def text_method(value: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a constant string; None where it can't be."""
    fold = _TEXT_METHODS.get(name)
    result = fold(value.text or "", arguments) if fold and value.whole else None
    return _with_taints(result, value.taints) if result is not None else None


def list_method(value: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a list of known length; None where it can't be."""
    items = value.items or ()
    if name == "join":
        separator = arguments[0].text if arguments and arguments[0].whole else ","
        return _with_taints(joined(list(items), separator or ""), value.taints) if items else None
    if name == "reverse":
        return Value(items=items[::-1], taints=value.taints)
    if name == "concat":
        more = [item for argument in arguments for item in (argument.items or (argument,))]
        return Value(items=(*items, *more)[:ITEM_LIMIT], taints=value.taints)
    if name == "slice":
        start = int(arguments[0].number or 0) if arguments else 0
        return Value(items=items[start:], taints=value.taints)
    return None


def _with_taints(value: Value, taints: frozenset[int]) -> Value:
    if not taints:
        return value
    return Value(text=value.text, whole=value.whole, items=value.items, taints=value.taints | taints)


def percent_decoded(text: str) -> str:
    """Decode `%41` and what `escape` writes as `%u0041`."""
    return unquote(re.sub(r"%u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text))
