"""Zip archives, wheels and eggs among them."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from itertools import pairwise

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits, Tally
from adapters.sigil.local.archive.paths import link_target, safe_path
from adapters.sigil.local.archive.streams import refusing_damage
from adapters.sigil.local.material import PackageFile

_LOCAL_HEADER = struct.Struct("<L5H3L2H")
_LOCAL_SIGNATURE = int.from_bytes(b"PK\x03\x04", "little")
_END_SIZE = 22
_ENCRYPTED = 0x1
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_DESCRIPTOR_SIZES = frozenset({12, 16, 20, 24})
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ZIP64_MARK = 0xFFFFFFFF


def zip_files(data: bytes, limits: Limits) -> list[PackageFile]:
    """Unpack a zip; raises `ArchiveRefused`, also where its two tables of contents disagree.

    A link within the archive becomes a file that holds the link's target, as pip unpacks it.
    """
    _check_end(data)
    if data.count(b"PK\x01\x02") > limits.entries:
        raise ArchiveRefused("too_many_entries", f"The archive holds more than {limits.entries} entries.")
    tally = Tally(limits, len(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_layout(data, entries, archive.start_dir)
            return _files(archive, entries, tally)
    except zipfile.BadZipFile as error:
        raise ArchiveRefused("damaged", f"The archive is no readable zip: {error}.") from None
    except (struct.error, ValueError, NotImplementedError, UnicodeError) as error:
        raise ArchiveRefused("damaged", "The archive's headers hold what no zip can.") from error


def _files(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], tally: Tally) -> list[PackageFile]:
    checked: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        tally.entry()
        path = safe_path(entry.orig_filename, tally.limits)
        if entry.is_dir() or entry.orig_filename.endswith("\\"):
            continue
        if not path or path in checked:
            raise ArchiveRefused("duplicate", f"The archive holds {path!r} twice, or a file without a name.")
        _check_entry(entry, path, tally)
        checked[path] = entry
    return [PackageFile(path, _content(archive, entry, path, tally.limits)) for path, entry in checked.items()]


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, limits: Limits) -> bytes:
    with refusing_damage(), archive.open(entry) as reader:
        content = reader.read(entry.file_size)
        if len(content) != entry.file_size or reader.read(1):
            raise ArchiveRefused("mismatch", f"The archive's file {path!r} is not as long as its header says.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        link_target(path, content.decode("utf-8", "replace"), limits, symbolic=True)
    return content


def _check_entry(entry: zipfile.ZipInfo, path: str, tally: Tally) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveRefused("encrypted", f"The archive's file {path!r} is encrypted.")
    if entry.compress_type not in _READABLE:
        raise ArchiveRefused("compression", f"The archive's file {path!r} is compressed in a way that no wheel uses.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
        raise ArchiveRefused("special_file", f"The archive's entry {path!r} is a device or of an unknown kind.")
    tally.room_for(entry.file_size, path)
    tally.unpack(entry.file_size)


def _check_end(data: bytes) -> None:
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + _END_SIZE > len(data):
        raise ArchiveRefused("truncated", "The archive has no end: it breaks off, or is no zip.")
    if end + _END_SIZE + int.from_bytes(data[end + 20 : end + 22], "little") != len(data):
        raise ArchiveRefused("trailing_data", "The archive holds data after its end.")


def _check_layout(data: bytes, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """See that the entries fill the archive up to its directory: no overlap, and nothing that the directory hides."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    starts = [entry.header_offset for entry in ordered] + [directory]
    if starts[0] != 0:
        raise ArchiveRefused("mismatch", "The archive holds data before its first entry.")
    for entry, (start, following) in zip(ordered, pairwise(starts), strict=True):
        gap = following - _end_of(data, entry, start)
        described = entry.flag_bits & _SIZES_FOLLOW and gap in _DESCRIPTOR_SIZES
        if gap and not described:
            fault = "overlap" if gap < 0 else "leave room for what its directory does not list"
            raise ArchiveRefused("mismatch", f"The archive's entries {fault}, at {entry.filename!r}.")


def _end_of(data: bytes, entry: zipfile.ZipInfo, start: int) -> int:
    """Give where an entry's packed bytes end, by its own header, which must agree with the directory."""
    if not 0 <= start <= len(data) - _LOCAL_HEADER.size:
        raise ArchiveRefused("truncated", "The archive's directory leads beyond its end.")
    fields: tuple[int, ...] = _LOCAL_HEADER.unpack_from(data, start)
    signature, _, flags, method, _, _, crc, packed, size, name_size, extra_size = fields
    name_start = start + _LOCAL_HEADER.size
    name = data[name_start : name_start + name_size].decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    told = (crc, packed, size)
    sizes = (entry.CRC, entry.compress_size, entry.file_size)
    agree = told == sizes or flags & _SIZES_FOLLOW or _ZIP64_MARK in told
    if signature != _LOCAL_SIGNATURE or method != entry.compress_type or name != entry.orig_filename or not agree:
        raise ArchiveRefused("mismatch", f"The archive's directory and its entry {entry.filename!r} disagree.")
    return name_start + name_size + extra_size + entry.compress_size
