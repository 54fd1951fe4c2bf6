"""Zip archives, wheels and eggs among them."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

from zlib_ng import zlib_ng

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits, Tally
from adapters.sigil.local.archive.paths import link_target, safe_path
from adapters.sigil.local.archive.streams import DAMAGE, refused
from adapters.sigil.local.archive.zip_layout import packed_places
from adapters.sigil.local.material import PackageFile

_END_SIZE = 22
_ENCRYPTED = 0x1
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


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
            places = packed_places(data, entries, archive.start_dir)
    except zipfile.BadZipFile as error:
        raise ArchiveRefused("damaged", f"The archive is no readable zip: {error}.") from None
    except (struct.error, ValueError, NotImplementedError, UnicodeError) as error:
        raise ArchiveRefused("damaged", "The archive's headers hold what no zip can.") from error
    files = _files(entries, tally)
    return [
        PackageFile(path, _content(data[places[entry.header_offset]], entry, path, limits))
        for path, entry in files.items()
    ]


def _files(entries: list[zipfile.ZipInfo], tally: Tally) -> dict[str, zipfile.ZipInfo]:
    checked: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        tally.entry()
        path = safe_path(entry.orig_filename, tally.limits)
        if entry.is_dir() or entry.orig_filename.endswith("\\"):
            if entry.file_size:
                raise ArchiveRefused("mismatch", f"The archive's folder {path!r} holds bytes, as only a file does.")
            continue
        if not path or path in checked:
            raise ArchiveRefused("duplicate", f"The archive holds {path!r} twice, or a file without a name.")
        _check_entry(entry, path, tally)
        checked[path] = entry
    return checked


def _content(packed: bytes, entry: zipfile.ZipInfo, path: str, limits: Limits) -> bytes:
    content = packed if entry.compress_type == zipfile.ZIP_STORED else _inflated(packed, entry.file_size, path)
    if len(content) != entry.file_size:
        raise _mismatch(path)
    if zlib_ng.crc32(content) != entry.CRC:
        raise ArchiveRefused("damaged", f"The archive's file {path!r} does not have the checksum that its header says.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        link_target(path, content.decode("utf-8", "replace"), limits, symbolic=True)
    return content


def _inflated(packed: bytes, size: int, path: str) -> bytes:
    """Inflate no more than was told; what is left over would be read by a tool that reads from the front."""
    inflate = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS)
    try:
        content = inflate.decompress(packed, size + 1)
    except DAMAGE as error:
        raise refused(error) from None
    if not inflate.eof or inflate.unused_data:
        raise _mismatch(path)
    return content


def _mismatch(path: str) -> ArchiveRefused:
    return ArchiveRefused("mismatch", f"The archive's file {path!r} is not as long as its header says.")


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
