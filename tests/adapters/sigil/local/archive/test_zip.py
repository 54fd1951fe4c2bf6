from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import pytest

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits
from adapters.sigil.local.archive.unpack import unpack

SMALL = Limits(entries=50, file_size=400_000, total_size=1_000_000, ratio_free=200_000, path_length=200, depth=10)
CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of what some tests are about
        for path, data in files:
            archive.writestr(path, data)
    return buffer.getvalue()


def patched(data: bytes, signature: bytes, offset: int, value: bytes, nth: int = 0) -> bytes:
    at = -1
    for _ in range(nth + 1):
        at = data.index(signature, at + 1)
    return data[: at + offset] + value + data[at + offset + len(value) :]


def special(path: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path)
    info.external_attr = mode << 16
    return info


def refusal(data: bytes, name: str = "x-1.0-py3-none-any.whl", limits: Limits = SMALL) -> str:
    with pytest.raises(ArchiveRefused) as refused:
        unpack(data, name, limits)
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "x/../../y", "C:/x", "c:\\x", "..\\x", "\\\\host\\x", "x/" * 11 + "y", "x" * 201]
)
def test_a_path_that_leads_out_or_too_deep_is_refused(path: str) -> None:
    """Absolute, upward, drive and backslash paths, long and deep ones: none comes through."""
    assert refusal(zipped(("ok", b""), (path, b"evil"))) == "path"


def test_a_name_with_nul_is_refused() -> None:
    """Readers disagree on where such a name ends."""
    assert refusal(zipped(("a.pyX.txt", b"evil")).replace(b"a.pyX.txt", b"a.py\0.txt")) == "path"


def test_a_backslash_within_the_archive_counts_as_a_slash() -> None:
    """As on Windows, where such archives are made."""
    assert unpack(zipped(("pkg\\a.py", b"1")), "x.whl", SMALL)[0].path == "pkg/a.py"


def test_two_files_with_one_path_are_refused() -> None:
    """Tools disagree on which of them counts."""
    assert refusal(zipped(("a.py", b"good"), ("a.py", b"evil"))) == "duplicate"


def test_a_link_out_of_the_archive_is_refused_and_one_within_is_text() -> None:
    """A link within it is unpacked as pip does: a file that holds where it leads."""
    assert refusal(zipped((special("a", stat.S_IFLNK | 0o777), b"../../etc/passwd"))) == "link"
    assert unpack(zipped((special("a", stat.S_IFLNK | 0o777), b"b")), "x.whl", SMALL)[0].data == b"b"


def test_devices_are_refused() -> None:
    """A package has no use for them."""
    assert refusal(zipped((special("a", stat.S_IFCHR | 0o666), b""))) == "special_file"


def test_encrypted_entries_are_refused() -> None:
    """What cannot be read cannot be judged."""
    data = patched(patched(zipped(("a", b"x")), LOCAL, 6, b"\1\0"), CENTRAL, 8, b"\1\0")
    assert refusal(data) == "encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_no_wheel_uses_is_refused(method: int) -> None:
    """It could not be unpacked in bounded steps."""
    assert refusal(zipped(("a", b"x" * 100), method=method)) == "compression"


@pytest.mark.parametrize(
    ("offset", "value"), [(30, b"b.py"), (8, b"\0\0"), (14, b"\1\2\3\4"), (18, b"\1\0\0\0"), (22, b"\1\0\0\0")]
)
def test_an_entry_that_its_directory_describes_otherwise_is_refused(offset: int, value: bytes) -> None:
    """Name, method, checksum and both sizes must be the same in both tables of contents."""
    assert refusal(patched(zipped(("a.py", b"x" * 100)), LOCAL, offset, value)) == "mismatch"


def test_an_entry_that_the_directory_does_not_list_is_refused() -> None:
    """A tool that reads from the front would install it."""
    data = zipped(("a.py", b"1"), ("evil.py", b"2"))
    first = data.index(CENTRAL)
    second = data.index(CENTRAL, first + 1)
    end = data.index(b"PK\x05\x06")
    counted = struct.pack("<HHLL", 1, 1, second - first, first)
    hidden = data[:second] + data[end : end + 8] + counted + data[end + 20 :]
    assert refusal(hidden) == "mismatch"


@pytest.mark.parametrize("shared", [False, True])
def test_overlapping_entries_are_refused(shared: bool) -> None:
    """Many names over one kernel of data are how a small zip becomes petabytes: shared whole, or one in another."""
    if shared:
        data = zipped(("a", b"\0" * 1000), ("a", b"\0" * 1000))
        assert refusal(patched(data, CENTRAL, 42, struct.pack("<L", 0), nth=1)) == "mismatch"
        return
    inner = zipped(("b", b"kernel"), method=zipfile.ZIP_STORED)
    kernel, listed = inner[: inner.index(CENTRAL)], inner[inner.index(CENTRAL) : inner.index(b"PK\x05\x06")]
    outer = zipped(("a", kernel), method=zipfile.ZIP_STORED)
    start, end = outer.index(CENTRAL), outer.index(b"PK\x05\x06")
    directory = outer[start:end] + patched(listed, CENTRAL, 42, struct.pack("<L", 31))
    counted = struct.pack("<HHLLH", 2, 2, len(directory), start, 0)
    assert refusal(outer[:start] + directory + outer[end : end + 8] + counted) == "mismatch"


def test_data_around_the_archive_is_refused() -> None:
    """Before the first entry, or behind the end."""
    data = zipped(("a", b"x"))
    assert refusal(data + b"trailing") == "trailing_data"
    assert refusal(LOCAL + b"prefix" + data) == "mismatch"


@pytest.mark.parametrize("cut", [1, 10, 22, 60])
def test_a_truncated_archive_is_refused(cut: int) -> None:
    """Its end tells where everything is, so without it nothing is read."""
    data = zipped(("a", bytes(range(256))))
    assert refusal(data[:-cut]) in ("truncated", "trailing_data", "damaged")


def test_a_damaged_file_is_refused() -> None:
    """Its checksum does not fit."""
    data = zipped(("a", b"text text"), method=zipfile.ZIP_STORED)
    assert refusal(data.replace(b"text text", b"text tost")) == "damaged"


def test_too_many_entries_are_refused() -> None:
    """Before the directory is read: 100,000 of them take no memory."""
    assert refusal(zipped(*((f"{number}", b"") for number in range(51)))) == "too_many_entries"
    name = b"a"
    central = struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + name
    local = struct.pack("<4s5H3L2H", LOCAL, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + name
    directory = central * 100_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), len(local), 0)
    assert refusal(local + directory + end, limits=Limits()) == "too_many_entries"


def test_bombs_are_refused_before_they_unfold() -> None:
    """By the sizes that the directory tells, which are also what the unpacking is held to."""
    assert refusal(zipped(("a", bytes(400_001)))) == "file_too_large"
    assert refusal(zipped(*((f"{number}", bytes(390_000)) for number in range(3)))) == "ratio"
    bomb = zipped(*((f"{number}", bytes(50_000_000)) for number in range(4)))
    tracemalloc.start()
    try:
        assert refusal(bomb, limits=Limits()) == "ratio"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_a_file_longer_than_its_header_says_is_not_unfolded() -> None:
    """A directory that lies about the size does not make more of it come out."""
    data = zipped(("a", bytes(300_000)))
    lied = patched(patched(data, LOCAL, 22, struct.pack("<L", 10)), CENTRAL, 24, struct.pack("<L", 10))
    assert refusal(lied) in ("damaged", "mismatch")


def test_an_archive_written_as_a_stream_is_read() -> None:
    """Its sizes stand behind each file, which is no mismatch."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", b"1" * 1000)
        archive.writestr("pkg/b.py", b"2")
    assert [file.path for file in unpack(pipe.getvalue(), "x.whl", SMALL)] == ["a.py", "pkg/b.py"]


@pytest.mark.parametrize("signature", [LOCAL, CENTRAL])
def test_a_second_name_is_refused(signature: bytes) -> None:
    """Some tools install the file under the name in the extra field, in whichever of the two tables it stands."""
    other = struct.pack("<2HBL", 0x7075, 13, 1, 0) + b"evil.pth"
    info = zipfile.ZipInfo("READ.txt")
    info.extra = other
    data = zipped((info, b"import os"))
    tables = {LOCAL: data.index(other), CENTRAL: data.rindex(other)}
    harmless = other.replace(b"evil.pth", b"READ.txt")
    for table, at in tables.items():
        if table != signature:
            data = data[:at] + harmless + data[at + len(other) :]
    assert refusal(data) == "mismatch"
    assert [file.path for file in unpack(data.replace(other, harmless), "x.whl", SMALL)] == ["READ.txt"]


def test_a_large_size_that_its_directory_tells_otherwise_is_refused() -> None:
    """A tool that reads from the front would find another file within this one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open(zipfile.ZipInfo("a.py"), "w", force_zip64=True) as file:
        file.write(b"12345")
    data, sizes = buffer.getvalue(), struct.pack("<2H2Q", 1, 16, 5, 5)
    assert [file.data for file in unpack(data, "x.whl", SMALL)] == [b"12345"]
    assert refusal(data.replace(sizes, struct.pack("<2H2Q", 1, 16, 2, 2))) == "mismatch"
    assert refusal(data.replace(sizes, struct.pack("<2H2Q", 2, 16, 5, 5))) == "mismatch"


def test_what_lies_behind_the_end_of_packed_data_is_refused() -> None:
    """A tool that reads from the front would take it for the next file."""
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(b"fine") + deflate.flush() + zipped(("evil.py", b"evil"))
    stored = zipped(("a.py", packed), method=zipfile.ZIP_STORED)
    described = struct.pack("<H2HL2L", 8, 0, 33, zlib.crc32(b"fine"), len(packed), 4)
    assert refusal(patched(patched(stored, LOCAL, 8, described), CENTRAL, 10, described)) == "mismatch"


@pytest.mark.parametrize("name", ["evil.py/", "evil.py\\"])
def test_a_folder_that_holds_bytes_is_refused(name: str) -> None:
    """Some tools write a file of that name, which would never have been scanned."""
    info = zipfile.ZipInfo("a")
    info.filename = name
    assert refusal(zipped((info, b"evil"), ("b.py", b""))) == "mismatch"
