"""Headers of tars, looked at before anything that they announce is read.

Where Python's reader, which pip uses, and npm's take one header for two different names, one of them would install a
file that was never scanned under its name. Such headers are refused.
"""

from __future__ import annotations

import re
import tarfile

from adapters.sigil.local.archive.limits import ArchiveRefused, Tally
from adapters.sigil.local.archive.streams import CountedStream

_PAX = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})
_LONG = frozenset({tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})
_NAME = slice(0, 100)
_MAGIC = slice(257, 265)
_PREFIX = slice(345, 500)
_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ([^=\n]+)=")
_RECORD_WITHIN = re.compile(rb"\n[1-9][0-9]* ")
_MOST_FOR_ALL = 4096
"""How many bytes may be said of all files: each of them is looked at for each file."""
_PLACES = frozenset({b"path", b"linkpath", b"size"})


class HeaderStream(CountedStream):
    """A stream of a tar's bytes that knows which header came last, and looks at what extends the next one."""

    def __init__(self, data: bytes, tally: Tally) -> None:
        super().__init__(data, tally)
        self._limit = tally.limits.extra_header
        self._announced: tarfile.TarInfo | None = None
        self._extensions: set[bytes] = set()
        self._for_all = 0

    def see(self, info: tarfile.TarInfo, header: bytes) -> None:
        """Look at a header that was read; what it announces is looked at when that is read, which comes next."""
        _check_names(info, header)
        if info.type == tarfile.GNUTYPE_SPARSE:
            raise ArchiveRefused("sparse", "The archive holds a sparse file, whose holes need not be packed.")
        if info.type not in _PAX | _LONG:
            self._extensions.clear()
            return
        if info.size > self._limit:
            raise ArchiveRefused("path", f"The archive holds a name or header of more than {self._limit} bytes.")
        self._announced = info
        if info.type != tarfile.XGLTYPE:
            self._extend(b"x" if info.type in _PAX else info.type)
            return
        self._for_all += info.size
        if self._for_all > _MOST_FOR_ALL:
            raise ArchiveRefused("path", f"The archive says more than {_MOST_FOR_ALL} bytes of all of its files.")

    def read(self, size: int = -1) -> bytes:
        """Read on; a body that a header announced is looked at."""
        chunk = super().read(size)
        if (info := self._announced) is not None:
            self._announced = None
            body = chunk[: info.size]
            if info.type in _LONG:
                _check_end(body)
            else:
                _check_records(body, for_all=info.type == tarfile.XGLTYPE)
        return chunk

    def _extend(self, kind: bytes) -> None:
        if kind in self._extensions or (self._extensions and b"x" in self._extensions | {kind}):
            raise _ambiguous("name one file several times")
        self._extensions.add(kind)


def _check_names(info: tarfile.TarInfo, header: bytes) -> None:
    _check_end(header[_NAME])
    prefix = header[_PREFIX]
    _check_end(prefix)
    if prefix[0] and header[_MAGIC] != tarfile.POSIX_MAGIC and info.type not in _LONG:
        raise _ambiguous("hold a second part of a name, where their kind has none")


def _check_end(name: bytes) -> None:
    """Refuse a line break behind a name's end, where npm goes on reading."""
    if b"\n" in name.partition(b"\0")[2]:
        raise _ambiguous("hold a name that goes on after its end")


def _check_records(body: bytes, *, for_all: bool) -> None:
    at = 0
    while at < len(body):
        found = _RECORD.match(body, at)
        end = at + int(found[1]) if found else 0
        if found is None or not found.end() < end <= len(body) or body[end - 1 : end] != b"\n":
            raise _ambiguous("hold a record that is none")
        _check_record(found[2], body[found.end() : end - 1], for_all=for_all)
        at = end


def _check_record(key: bytes, value: bytes, *, for_all: bool) -> None:
    if key.startswith(b"GNU.sparse."):
        raise ArchiveRefused("sparse", "The archive holds a sparse file, whose holes need not be packed.")
    if _RECORD_WITHIN.search(value):
        raise _ambiguous("hold a record within another")
    if key not in _PLACES:
        return
    if for_all:
        raise _ambiguous("give all files one name or size")
    if b"\n" in value or (key == b"size" and not value.isdigit()) or not _is_text(value):
        raise _ambiguous(f"hold a {key.decode()} that only some tools can read")


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ambiguous(fault: str) -> ArchiveRefused:
    return ArchiveRefused("mismatch", f"The archive's headers {fault}: tools would unpack different files.")
