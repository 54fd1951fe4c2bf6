"""Constants that code puts together: what a call or an operator gives when all that it works on is known."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import lzma
import urllib.parse
import zlib
from collections.abc import Callable
from typing import NamedTuple

from adapters.sigil.local.code.python.values import LONGEST_CONSTANT, Arguments, Constant, Value

_MOST_NUMBERS = 200_000
_HIGHEST = 0x10FFFF
_LONGEST_NUMBER = 100
_SCHEMES = frozenset(
    {"rot13", "rot_13", "hex", "hex_codec", "base64", "base64_codec", "zlib", "zlib_codec", "bz2", "uu"}
)


class Folded(NamedTuple):
    """A constant, and whether it came out of an encoding."""

    constant: Constant
    decoded: bool = False


def _data(constant: Constant | None) -> bytes | None:
    if isinstance(constant, str):
        return constant.encode("utf-8", "surrogatepass")
    return constant if isinstance(constant, bytes) else None


def _base64(data: bytes) -> bytes:
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def _inflate(window: int) -> Callable[[bytes], bytes]:
    return lambda data: zlib.decompressobj(window).decompress(data, LONGEST_CONSTANT)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "base64.b64decode": _base64,
    "base64.standard_b64decode": _base64,
    "base64.decodebytes": _base64,
    "base64.decodestring": _base64,
    "binascii.a2b_base64": _base64,
    "base64.urlsafe_b64decode": lambda data: _base64(data.replace(b"-", b"+").replace(b"_", b"/")),
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": lambda data: base64.b16decode(data, casefold=True),
    "base64.b85decode": base64.b85decode,
    "base64.a85decode": base64.a85decode,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.unhexlify,
    "bytes.fromhex": lambda data: bytes.fromhex(data.decode()),
    "bytearray.fromhex": lambda data: bytes.fromhex(data.decode()),
    "zlib.decompress": _inflate(47),
    "gzip.decompress": _inflate(47),
    "bz2.decompress": lambda data: bz2.BZ2Decompressor().decompress(data, LONGEST_CONSTANT),
    "lzma.decompress": lambda data: lzma.LZMADecompressor().decompress(data, LONGEST_CONSTANT),
    "zlib.decompressobj().decompress": _inflate(47),
    "bz2.BZ2Decompressor().decompress": lambda data: bz2.BZ2Decompressor().decompress(data, LONGEST_CONSTANT),
    "lzma.LZMADecompressor().decompress": lambda data: lzma.LZMADecompressor().decompress(data, LONGEST_CONSTANT),
}
DECODERS = frozenset(_DECODERS) | {"codecs.decode"}
_CONVERSIONS = frozenset({"chr", "unichr", "str", "bytes", "bytearray", "int", "ord", "hex", "urllib.parse.unquote"})


def call(name: str, receiver: Value | None, arguments: Arguments) -> Folded | None:
    """Give the constant that a call gives; None where it is not known."""
    try:
        return _call(name, receiver, arguments)
    except (ValueError, TypeError, LookupError, ArithmeticError, EOFError, OSError, zlib.error, lzma.LZMAError):
        return None


def _call(name: str, receiver: Value | None, arguments: Arguments) -> Folded | None:
    first = arguments.get(0)
    constant = first.constant if first is not None else None
    decoder = _DECODERS.get(name)
    if decoder is not None:
        data = _data(constant)
        return None if data is None else Folded(decoder(data), decoded=True)
    if name == "codecs.decode":
        return _codec(constant, arguments)
    if first is not None and first.items is not None and name in ("bytes", "bytearray"):
        numbers = [item.constant for item in first.items[:_MOST_NUMBERS]]
        return Folded(bytes(n for n in numbers if isinstance(n, int)), decoded=True) if _numbers(numbers) else None
    if name in _CONVERSIONS:
        return _conversion(name, constant, arguments)
    if receiver is not None and receiver.constant is not None:
        return _method(name.rpartition(".")[2], receiver.constant, arguments)
    return None


def _numbers(constants: list[Constant | None]) -> bool:
    return bool(constants) and all(isinstance(constant, int) for constant in constants)


def _codec(constant: Constant | None, arguments: Arguments) -> Folded | None:
    scheme = arguments.get(1, "encoding")
    name = str(scheme.constant).lower().replace("-", "_") if scheme is not None else "utf_8"
    return _decode(constant, name)


def _decode(constant: Constant | None, scheme: str) -> Folded | None:
    if scheme in ("rot13", "rot_13"):
        text = constant.decode() if isinstance(constant, bytes) else constant
        return Folded(codecs.decode(text, "rot13"), decoded=True) if isinstance(text, str) else None
    data = _data(constant)
    if data is None:
        return None
    if scheme in ("zlib", "zlib_codec"):
        return Folded(_inflate(47)(data), decoded=True)
    if scheme in ("hex", "hex_codec"):
        return Folded(binascii.unhexlify(data), decoded=True)
    if scheme in ("base64", "base64_codec"):
        return Folded(_base64(data), decoded=True)
    return Folded(data.decode(scheme, "replace")) if scheme not in _SCHEMES else None


def _conversion(name: str, constant: Constant | None, arguments: Arguments) -> Folded | None:
    if constant is None:
        return None
    if name == "str":
        return Folded(constant.decode("utf-8", "replace") if isinstance(constant, bytes) else str(constant))
    if name == "urllib.parse.unquote":
        return Folded(urllib.parse.unquote(str(constant)))
    if name.startswith("byte"):
        data = _data(constant)
        return Folded(data) if data is not None else None
    return _number(name, constant, arguments)


def _number(name: str, constant: Constant, arguments: Arguments) -> Folded | None:
    if name in ("chr", "unichr") and isinstance(constant, int):
        return Folded(chr(constant), decoded=True) if 0 <= constant <= _HIGHEST else None
    if name == "ord" and isinstance(constant, str | bytes) and len(constant) == 1:
        return Folded(ord(constant))
    if name == "hex" and isinstance(constant, int):
        return Folded(hex(constant))
    if name == "int" and isinstance(constant, str) and len(constant) < _LONGEST_NUMBER:
        base = arguments.get(1, "base")
        return Folded(int(constant, base.constant if base is not None and isinstance(base.constant, int) else 10))
    return None


_PLAIN_METHODS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "swapcase", "removeprefix", "removesuffix"}
)


def _method(name: str, receiver: Constant, arguments: Arguments) -> Folded | None:
    if isinstance(receiver, int | float):
        return None
    given = [value.constant for value in arguments.positional]
    if name == "join" and arguments.positional:
        return _join(receiver, arguments.positional[0])
    if name in ("decode", "encode"):
        scheme = str(given[0]).lower().replace("-", "_") if given else "utf_8"
        return _decode(receiver, scheme) if name == "decode" else _encode(receiver, scheme)
    if name == "format" and isinstance(receiver, str):
        return _format(receiver, given, arguments)
    return _plain(name, receiver, given)


def _encode(receiver: str | bytes, scheme: str) -> Folded | None:
    if isinstance(receiver, bytes) or scheme in _SCHEMES:
        return None
    return Folded(receiver.encode("utf-8", "replace"))


def _plain(name: str, receiver: str | bytes, given: list[Constant | None]) -> Folded | None:
    if any(constant is None for constant in given):
        return None
    if name == "replace" and len(given) > 1:
        return _replaced(receiver, given)
    if name in _PLAIN_METHODS:
        return Folded(getattr(receiver, name)(*given))
    return None


def _join(separator: str | bytes, parts: Value) -> Folded | None:
    if isinstance(parts.constant, str) and isinstance(separator, str):
        return Folded(separator.join(parts.constant)) if len(parts.constant) < LONGEST_CONSTANT else None
    if not parts.items:
        return None
    constants = [item.constant for item in parts.items]
    if isinstance(separator, str) and all(isinstance(constant, str) for constant in constants):
        return Folded(separator.join(c for c in constants if isinstance(c, str)))
    if isinstance(separator, bytes) and all(isinstance(constant, bytes) for constant in constants):
        return Folded(separator.join(c for c in constants if isinstance(c, bytes)))
    return None


def _format(template: str, given: list[Constant | None], arguments: Arguments) -> Folded | None:
    named = {name: value.constant for name, value in arguments.keywords.items()}
    if any(constant is None for constant in (*given, *named.values())) or len(template) > _MOST_NUMBERS:
        return None
    if any(mark in template for mark in (":", ".", "[", "!")):
        return None
    return Folded(template.format(*given, **named))


def _replaced(text: str | bytes, given: list[Constant | None]) -> Folded | None:
    old, new = given[0], given[1]
    if (
        isinstance(text, str)
        and isinstance(old, str)
        and isinstance(new, str)
        and len(text) * (len(new) + 1) < LONGEST_CONSTANT
    ):
        return Folded(text.replace(old, new))
    if isinstance(text, bytes) and isinstance(old, bytes) and isinstance(new, bytes) and len(new) <= max(1, len(old)):
        return Folded(text.replace(old, new))
    return None


def binary(operator: str, left: Constant, right: Constant) -> Constant | None:
    """Tell what an operator other than `+` on texts gives; None where it is not known or would be huge."""
    if operator == "%" and isinstance(left, str) and len(left) < _MOST_NUMBERS and "*" not in left:
        return _percent(left, (right,))
    if operator == "*" and isinstance(left, str | bytes) and isinstance(right, int):
        return left * right if len(left) * max(right, 0) <= _MOST_NUMBERS else None
    if isinstance(left, int) and isinstance(right, int):
        return _whole(operator, left, right)
    return None


def _percent(template: str, values: tuple[Constant, ...]) -> str | None:
    pieces = template.replace("%%", "").split("%")[1:]
    if any(piece[:1] not in ("s", "d", "c") for piece in pieces):
        return None
    try:
        return template % values
    except (TypeError, ValueError, OverflowError):
        return None


def percent(template: str, values: tuple[Value, ...]) -> str | None:
    """Follow a template filled with the items of a tuple."""
    constants = [value.constant for value in values]
    known = tuple(constant for constant in constants if constant is not None)
    return _percent(template, known) if len(known) == len(constants) else None


_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    ">>": lambda a, b: a >> min(b, 64),
    "<<": lambda a, b: a << min(b, 64),
    "%": lambda a, b: a % b,
    "//": lambda a, b: a // b,
    "*": lambda a, b: a * b,
}


def _whole(operator: str, left: int, right: int) -> int | None:
    operation = _OPERATORS.get(operator)
    if operation is None or left.bit_length() > 128 or right.bit_length() > 128:  # noqa: PLR2004 - bounds the work
        return None
    try:
        return operation(left, right)
    except (ArithmeticError, ValueError):
        return None
