"""How a zip is laid out: its directory and the headers before its files must tell the same, and hide nothing."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise

from adapters.sigil.local.archive.limits import ArchiveRefused

_LOCAL_HEADER = struct.Struct("<L5H3L2H")
_LOCAL_SIGNATURE = int.from_bytes(b"PK\x03\x04", "little")
_EXTRA_HEADER = struct.Struct("<2H")
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_DESCRIPTOR_SIZES = frozenset({12, 16, 20, 24})
_LARGE = 0xFFFFFFFF
"""Stands for a size that is in an extra field."""
_LARGE_SIZES = 0x0001
_OTHER_NAME = 0x7075
_OTHER_NAME_START = 5


def packed_places(data: bytes, entries: Sequence[zipfile.ZipInfo], directory: int) -> dict[int, slice]:
    """Give where each entry's packed bytes are, by its header's offset.

    Raises `ArchiveRefused` unless the entries fill the archive up to its directory: no overlap, and nothing that the
    directory hides from a tool that reads from the front.
    """
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    starts = [entry.header_offset for entry in ordered] + [directory]
    if starts[0] != 0:
        raise ArchiveRefused("mismatch", "The archive holds data before its first entry.")
    places = {}
    for entry, (start, following) in zip(ordered, pairwise(starts), strict=True):
        place = _place_of(data, entry, start)
        gap = following - place.stop
        described = entry.flag_bits & _SIZES_FOLLOW and gap in _DESCRIPTOR_SIZES
        if gap and not described:
            fault = "overlap" if gap < 0 else "leave room for what its directory does not list"
            raise ArchiveRefused("mismatch", f"The archive's entries {fault}, at {entry.filename!r}.")
        places[start] = place
    return places


def _place_of(data: bytes, entry: zipfile.ZipInfo, start: int) -> slice:
    """Give where an entry's packed bytes are, by its own header, which must agree with the directory."""
    if not 0 <= start <= len(data) - _LOCAL_HEADER.size:
        raise ArchiveRefused("truncated", "The archive's directory leads beyond its end.")
    fields: tuple[int, ...] = _LOCAL_HEADER.unpack_from(data, start)
    signature, _, flags, method, _, _, crc, packed, size, name_size, extra_size = fields
    name_start = start + _LOCAL_HEADER.size
    name_end = name_start + name_size
    name = data[name_start:name_end].decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    extra = dict(_extra_fields(data[name_end : name_end + extra_size]))
    told = (crc, *_sizes(packed, size, extra.get(_LARGE_SIZES, b"")))
    agree = told == (entry.CRC, entry.compress_size, entry.file_size) or flags & _SIZES_FOLLOW
    if signature != _LOCAL_SIGNATURE or method != entry.compress_type or name != entry.orig_filename or not agree:
        raise ArchiveRefused("mismatch", f"The archive's directory and its entry {entry.filename!r} disagree.")
    for other in (extra.get(_OTHER_NAME), dict(_extra_fields(entry.extra)).get(_OTHER_NAME)):
        if other is not None and other[_OTHER_NAME_START:].decode("utf-8", "replace") != name:
            raise ArchiveRefused("mismatch", f"The archive's entry {name!r} has a second name, which some tools take.")
    return slice(name_end + extra_size, name_end + extra_size + entry.compress_size)


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _EXTRA_HEADER.size <= len(extra):
        kind, size = _EXTRA_HEADER.unpack_from(extra, at)
        at += _EXTRA_HEADER.size
        yield kind, extra[at : at + size]
        at += size


def _sizes(packed: int, size: int, large: bytes) -> tuple[int, int]:
    """Read an entry's packed and unpacked size, of which large ones are in an extra field, the unpacked one first."""
    numbers = iter(struct.unpack_from(f"<{len(large) // 8}Q", large))
    size = next(numbers, size) if size == _LARGE else size
    return next(numbers, packed) if packed == _LARGE else packed, size
