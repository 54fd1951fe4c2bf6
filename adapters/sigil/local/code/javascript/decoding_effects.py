"""What decodes and encodes data."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import folding
from adapters.sigil.local.code.javascript.call import Call, known, method
from adapters.sigil.local.code.javascript.screening import is_telling
from adapters.sigil.local.code.javascript.values import NOTHING, Value, constant, tainted

_SHORT = 4  # characters: a separator or a control code rather than something hidden
_ENCODINGS = frozenset({"base64", "base64url", "hex"})


@known("atob")
def _atob(call: Call) -> Value:
    return decode(call, call.data(0), "base64")


def decode(call: Call, value: Value, encoding: str) -> Value:
    """Enter that something is decoded; a constant's plain text is the detail and the value."""
    plain = folding.decoded(value.text, encoding) if value.whole and value.text else None
    if plain is not None and is_telling(plain):
        call.state.strings.setdefault(plain[:4096])
    number = call.state.sink(Behaviour.DECODES, call.node, value.taints, plain or "", hidden=True)
    taints = value.taints | {number}
    return constant(plain, taints) if plain is not None else tainted(taints)


@known("Buffer.from", "Buffer", "buffer.Buffer.from", "Buffer.alloc")
def _buffer(call: Call) -> Value:
    encoding = call.argument(1).text
    if call.path == "Buffer.alloc":
        return NOTHING
    if encoding in _ENCODINGS:
        return decode(call, call.data(0), encoding)
    value = call.data(0)
    if value.items and all(item.number is not None for item in value.items):
        return _folded_codes(call, list(value.items))
    return Value(text=value.text, whole=value.whole, taints=value.taints)


@known("String.fromCharCode", "String.fromCodePoint")
def _from_codes(call: Call) -> Value:
    return _folded_codes(call, list(call.arguments))


def _folded_codes(call: Call, codes: list[Value]) -> Value:
    folded = folding.from_codes(codes)
    text = folded.text or "" if folded is not None else ""
    if folded is not None and len(text) < _SHORT:
        return constant(text)
    number = call.state.sink(Behaviour.DECODES, call.node, call.taints, text, hidden=True)
    taints = call.taints | {number}
    return constant(text, taints) if folded is not None else tainted(taints)


@known("unescape", "decodeURIComponent", "decodeURI")
def _percent(call: Call) -> Value:
    value = call.data(0)
    if value.whole and value.text and "%" in value.text:
        plain = folding.percent_decoded(value.text)
        number = call.state.note(Behaviour.DECODES, call.node, plain, hidden=True)
        return constant(plain, value.taints | {number})
    return Value(text=value.text, whole=value.whole, taints=value.taints)


@known(
    "zlib.inflateSync",
    "zlib.gunzipSync",
    "zlib.brotliDecompressSync",
    "zlib.inflateRawSync",
    "zlib.unzipSync",
    "zlib.gunzip",
    "zlib.inflate",
    "zlib.unzip",
    "zlib.createGunzip",
    "zlib.createInflate",
    "zlib.inflateRaw",
    "CryptoJS.AES.decrypt",
    "crypto-js.AES.decrypt",
    "crypto.privateDecrypt",
    "lz-string.decompressFromBase64",
    "LZString.decompress",
    "pako.inflate",
)
def _unpack(call: Call) -> Value:
    number = call.state.sink(Behaviour.DECODES, call.node, call.taints, hidden=True)
    value = Value(taints=call.taints | {number})
    call.answer(value)
    return value


@known(
    "WebAssembly.Memory",
    "WebAssembly.Instance",
    "WebAssembly.instantiate",
    "WebAssembly.instantiateStreaming",
)
def _opaque_program(call: Call) -> Value:
    """Read what a program in bytes gives, or leaves in its memory, as something that nobody could read before."""
    number = call.state.sink(Behaviour.DECODES, call.node, call.taints, hidden=True)
    for value in call.arguments:
        for module in (value.members or {}).values():
            for imported in (module.members or {}).values():
                call.answer(NOTHING, imported.functions)
    value = tainted(call.taints | {number})
    call.answer(value)
    return value


@known("crypto.createDecipheriv", "crypto.createDecipher")
def _decipher(call: Call) -> Value:
    return Value(path="<decipher>", taints=call.state.source(Behaviour.DECODES, call.node, hidden=True))


@known(
    "btoa",
    "zlib.gzipSync",
    "zlib.deflateSync",
    "zlib.gzip",
    "zlib.deflate",
    "zlib.brotliCompressSync",
    "CryptoJS.AES.encrypt",
    "crypto-js.AES.encrypt",
    "crypto.publicEncrypt",
)
def _encode(call: Call) -> Value:
    number = call.state.sink(Behaviour.ENCODES, call.node, call.taints, hidden=True)
    value = Value(taints=call.taints | {number})
    call.answer(value)
    return value


@known("crypto.createCipheriv", "crypto.createCipher")
def _cipher(call: Call) -> Value:
    return Value(path="<cipher>", taints=call.state.source(Behaviour.ENCODES, call.node, hidden=True))


@method("toString")
def _to_string(call: Call) -> Value:
    if call.argument(0).text in _ENCODINGS and call.receiver.taints:
        number = call.state.sink(Behaviour.ENCODES, call.node, call.receiver.taints, call.shown(0), hidden=True)
        return tainted(call.receiver.taints | {number})
    return Value(text=call.receiver.text, whole=call.receiver.whole, taints=call.receiver.taints)
