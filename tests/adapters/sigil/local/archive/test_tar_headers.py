from __future__ import annotations

import struct
import tarfile

import pytest

from adapters.sigil.local.archive.limits import ArchiveRefused
from adapters.sigil.local.archive.unpack import unpack

MANIFEST = b'{"scripts": {"postinstall": "node evil.js"}}'
GNU_MAGIC = b"ustar  \0"
HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12s")


def entry(
    name: bytes, data: bytes = b"", kind: bytes = tarfile.REGTYPE, *, prefix: bytes = b"", magic: bytes = b"ustar\x0000"
) -> bytes:
    fields = [name, b"0000644", b"0", b"0", b"%011o" % len(data), b"0", b" " * 8, kind]
    header = HEADER.pack(*fields, b"", magic, b"", b"", b"", b"", prefix, b"")
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    return header + data + bytes(-len(data) % 512)


def record(key: bytes, value: bytes) -> bytes:
    size = len(key) + len(value) + 3
    while size != len(str(size)) + len(key) + len(value) + 3:
        size += 1
    return b"%d %s=%s\n" % (size, key, value)


def pax(*records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return entry(b"pax", b"".join(records), kind)


def long_name(name: bytes) -> bytes:
    return entry(b"././@LongLink", name, tarfile.GNUTYPE_LONGNAME)


def path(value: bytes) -> bytes:
    return record(b"path", value)


README, PACKAGE = b"package/README.md", b"package/package.json"

READ_IN_TWO_WAYS = {
    "a name for all files": pax(path(README), kind=tarfile.XGLTYPE) + entry(PACKAGE, MANIFEST),
    "a prefix in GNU's header": entry(PACKAGE, MANIFEST, prefix=b"docs", magic=GNU_MAGIC),
    "a prefix in a header of no kind": entry(README) + entry(PACKAGE, MANIFEST, prefix=b"docs", magic=bytes(8)),
    "a line break in a path": pax(path(README + b"\nx")) + entry(PACKAGE, MANIFEST),
    "a path that is no text": pax(path(README + b"\xff")) + entry(PACKAGE, MANIFEST),
    "a path within a comment": pax(record(b"comment", b"x\n" + path(PACKAGE)[:-1])) + entry(README, MANIFEST),
    "a path behind a broken record": pax(b"999 x=y\n", path(PACKAGE)) + entry(README, MANIFEST),
    "a path behind an empty line": pax(b"\n", path(PACKAGE)) + entry(README, MANIFEST),
    "a path whose length begins with 0": pax(b"030 path=package/package.json\n") + entry(README, MANIFEST),
    "a record without its end": pax(path(README)[:-1]) + entry(PACKAGE, MANIFEST),
    "two extended headers": pax(path(README)) + pax(path(PACKAGE)) + entry(b"package/a", MANIFEST),
    "two long names": long_name(README + b"\0") + long_name(PACKAGE + b"\0") + entry(b"package/a", MANIFEST),
    "a long name and a path": long_name(README + b"\0") + pax(path(PACKAGE)) + entry(b"package/a", MANIFEST),
    "a path and a long name": pax(path(PACKAGE)) + long_name(README + b"\0") + entry(b"package/a", MANIFEST),
    "a name that goes on": entry(b"package\0\n/package.json", MANIFEST),
    "a long name that goes on": long_name(b"package\0\n/package.json") + entry(b"package/a", MANIFEST),
    "a prefix that goes on": entry(b"package.json", MANIFEST, prefix=b"docs\0\n"),
    "a size with a sign": pax(record(b"size", b"+44")) + entry(PACKAGE, MANIFEST),
}


@pytest.mark.parametrize("name", ["x.tgz", "x.tar.gz"])
@pytest.mark.parametrize("entries", READ_IN_TWO_WAYS.values(), ids=READ_IN_TWO_WAYS)
def test_headers_that_installers_read_differently_are_refused(entries: bytes, name: str) -> None:
    """One reader takes the file for a README, another for the manifest whose hook it runs."""
    with pytest.raises(ArchiveRefused) as refused:
        unpack(entries + bytes(1024), name)
    assert refused.value.code == "mismatch"


def test_a_name_that_only_readers_of_sparse_files_take_is_refused() -> None:
    """Others leave the file the name that its header has."""
    with pytest.raises(ArchiveRefused) as refused:
        unpack(pax(record(b"GNU.sparse.name", README)) + entry(PACKAGE, MANIFEST) + bytes(1024), "x.tgz")
    assert refused.value.code == "sparse"


def test_much_that_is_said_of_all_files_is_refused() -> None:
    """In one header or in many: each file would be looked at for each word of it."""
    words = [b"".join(record(b"word.%d.%d" % (part, each), b"") for each in range(100)) for part in range(5)]
    for said in (pax(*words, kind=tarfile.XGLTYPE), b"".join(pax(word, kind=tarfile.XGLTYPE) for word in words)):
        with pytest.raises(ArchiveRefused, match="of all of its files") as refused:
            unpack(said + entry(b"package/a.js", b"1") + bytes(1024), "x.tgz")
        assert refused.value.code == "path"


def test_what_tools_write_is_read() -> None:
    """Long names and links, prefixes, comments for all files, times and attributes with any bytes in them."""
    deep, link = b"package/" + b"d" * 120 + b"/a.js", entry(b"././@LongLink", b"b" * 120, tarfile.GNUTYPE_LONGLINK)
    data = (
        pax(record(b"comment", b"a1b2c3"), kind=tarfile.XGLTYPE)
        + pax(record(b"mtime", b"1.5"), record(b"SCHILY.xattr.user.x", b"\0\n\xff\n=1"), path(b"package/\xc3\xa9.js"))
        + entry(b"package/e.js", b"1")
        + long_name(deep + b"\0")
        + link
        + entry(deep[:100], b"2")
        + entry(b"c.js", b"3", prefix=b"package/lib")
        + long_name(deep[:-1] + b"\0")
        + entry(b"package/d", b"4", magic=GNU_MAGIC)
        + pax(path(b"package/z.js"))
        + entry(b"package/z", b"5")
    )
    found = {file.path: file.data for file in unpack(data + bytes(1024), "x.tgz")}
    assert found == {
        "\xe9.js": b"1",
        deep.decode()[8:]: b"2",
        "lib/c.js": b"3",
        deep.decode()[8:-1]: b"4",
        "z.js": b"5",
    }
