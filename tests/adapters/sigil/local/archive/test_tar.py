from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import tracemalloc

import pytest

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits
from adapters.sigil.local.archive.unpack import unpack

SMALL = Limits(entries=50, file_size=400_000, total_size=1_000_000, ratio_free=200_000, path_length=200, depth=10)


def entry(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "", size: int | None = None
) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + data + bytes(-len(data) % 512)


def archive(*entries: bytes) -> bytes:
    return b"".join(entries) + bytes(1024)


def refusal(data: bytes, name: str = "x-1.0.tar.gz", limits: Limits = SMALL) -> str:
    with pytest.raises(ArchiveRefused) as refused:
        unpack(data, name, limits)
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("name", ["x.tgz", "x.tar.gz"])
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/etc/passwd",
            "../x",
            "x/../../y",
            "x/..",
            "C:/x",
            "C:x",
            "c:\\x",
            "\\\\host\\x",
            "\\x",
            "x\\..\\..\\y",
            "..\\x",
        ),
        *("x/" * 11 + "y", "x" * 201),
    ],
)
def test_a_path_that_leads_out_or_too_deep_is_refused(path: str, name: str) -> None:
    """Absolute, upward, drive and backslash paths, long and deep ones: none comes through."""
    assert refusal(archive(entry("x/ok"), entry(path, b"evil")), name) == "path"


def test_a_folder_that_leads_out_is_refused_too() -> None:
    """It need not hold a file to be hostile."""
    assert refusal(archive(entry("../x/", kind=tarfile.DIRTYPE))) == "path"


def test_a_name_with_nul_is_refused() -> None:
    """An extended header can carry one, and readers disagree on where such a name ends."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as written:
        info = tarfile.TarInfo("x/a.js")
        info.pax_headers = {"path": "x/a.js\0.png"}
        written.addfile(info)
    assert refusal(buffer.getvalue()) == "path"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "C:\\x", "..\\..\\x"])
@pytest.mark.parametrize("name", ["x.tgz", "x.tar.gz"])
def test_a_link_out_of_the_archive_is_refused(kind: bytes, target: str, name: str) -> None:
    """Symbolic or hard, absolute or upward."""
    assert refusal(archive(entry("x/a"), entry("x/link", kind=kind, link=target)), name) == "link"


def test_a_link_within_an_sdist_is_read_as_what_it_leads_to() -> None:
    """Else a setup.py that is a link to a harmless name would go unseen."""
    data = archive(
        entry("x/data.txt", b"evil"),
        entry("x/setup.py", kind=tarfile.SYMTYPE, link="first"),
        entry("x/first", kind=tarfile.LNKTYPE, link="x/data.txt"),
        entry("x/dangling", kind=tarfile.SYMTYPE, link="nowhere"),
        entry("x/round", kind=tarfile.SYMTYPE, link="round"),
    )
    files = {file.path: file.data for file in unpack(data, "x.tar", SMALL)}
    assert files == {"data.txt": b"evil", "setup.py": b"evil", "first": b"evil"}


def test_links_of_an_npm_archive_are_left_out() -> None:
    """As npm does: the file that a link would replace stays."""
    data = archive(entry("x/a.js", b"evil"), entry("x/b", b""), entry("x/a.js", kind=tarfile.SYMTYPE, link="b"))
    assert {file.path: file.data for file in unpack(data, "x.tgz", SMALL)} == {"a.js": b"evil", "b": b""}


def test_a_path_that_is_both_link_and_file_is_refused() -> None:
    """What is installed would depend on the tool."""
    data = archive(entry("x/b", b""), entry("x/a", b"1"), entry("x/a", kind=tarfile.SYMTYPE, link="b"))
    assert refusal(data) == "duplicate"


def test_of_files_with_one_path_the_last_wins() -> None:
    """As with every tool that unpacks a tar onto a disk."""
    assert [file.data for file in unpack(archive(entry("x/a", b"1"), entry("x/a", b"2")), "x.tar", SMALL)] == [b"2"]


def test_of_files_that_npm_puts_in_one_place_the_last_written_wins() -> None:
    """Whichever first folder it came from, and if it was written before, too."""
    data = archive(entry("a/index.js", b"1"), entry("b/index.js", b"2"), entry("a/index.js", b"3"))
    assert [file.data for file in unpack(data, "x.tgz", SMALL)] == [b"3"]


def test_a_path_that_is_another_one_where_a_backslash_is_no_separator_is_refused() -> None:
    """On Linux both files are installed: the one that is not scanned must not hide behind the other."""
    data = archive(entry("x/lib/a.js", b"evil"), entry("x/lib\\a.js", b"fine"))
    assert refusal(data) == "duplicate"
    assert refusal(data, "x.tgz") == "duplicate"
    assert refusal(archive(entry("y/lib/a.js", b"evil"), entry("x/lib\\a.js", b"fine")), "x.tgz") == "duplicate"
    alone = archive(entry("x/lib\\a.js", b"1"), entry("x/lib\\a.js", b"2"))
    assert [(file.path, file.data) for file in unpack(alone, "x.tgz", SMALL)] == [("lib/a.js", b"2")]


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"V", b"Z"])
def test_devices_pipes_and_unknown_kinds_are_refused(kind: bytes) -> None:
    """A package has no use for them."""
    assert refusal(archive(entry("x/dev", kind=kind))) == "special_file"


def test_sparse_files_are_refused() -> None:
    """A few bytes of them stand for any number of zeros."""
    assert refusal(archive(entry("x/a", bytes(512), kind=tarfile.GNUTYPE_SPARSE))) == "sparse"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as written:
        info = tarfile.TarInfo("x/a")
        info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "10000000000", "GNU.sparse.name": "x/a"}
        written.addfile(info)
    assert refusal(buffer.getvalue()) == "sparse"


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_huge_extended_header_is_refused_before_it_is_read(kind: bytes) -> None:
    """By the size that it announces: nothing of it is there."""
    assert refusal(archive(entry("x", kind=kind, size=1 << 30))) == "path"


@pytest.mark.parametrize("size", ["-1", "-2048"])
def test_a_negative_size_is_refused_in_little_memory(size: str) -> None:
    """It must neither turn the reader round nor make it read all that follows at once."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as written:
        info = tarfile.TarInfo("x/a")
        info.pax_headers = {"size": size}
        written.addfile(info)
    bomb = gzip.compress(buffer.getvalue()) + gzip.compress(bytes(10_000_000)) * 10
    tracemalloc.start()
    try:
        assert refusal(bomb, limits=Limits()) == "mismatch"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_too_many_entries_are_refused() -> None:
    """Empty ones and folders count like any other: 100,000 of them are not even listed."""
    many = b"".join(entry(f"x/{number}/", kind=tarfile.DIRTYPE) for number in range(51))
    assert refusal(archive(many)) == "too_many_entries"
    hundred_thousand = gzip.compress(archive(entry("x/a") * 100_000), 1)
    assert refusal(hundred_thousand, limits=Limits(entries=10_000)) == "too_many_entries"


def test_too_large_a_file_and_too_much_in_all_are_refused() -> None:
    """The first by its header alone, the second when the sum is reached."""
    assert refusal(archive(entry("x/a", size=400_001))) == "file_too_large"
    noise = bytes(range(256)) * 1000
    data = archive(*(entry(f"x/{number}", noise) for number in range(4)))
    assert refusal(data) == "too_large"


@pytest.mark.parametrize("size", [1, 511, 512, 513, 1000])
def test_truncated_archives_are_refused(size: int) -> None:
    """Cut within the compressed data, within a file or between two: it is noticed."""
    whole = archive(entry("x/a", bytes(range(250)) * 4), entry("x/b", b"2"))
    packed = gzip.compress(whole)
    assert refusal(packed[: -min(size, len(packed) // 2)]) in ("truncated", "damaged")
    assert refusal(gzip.compress(whole[: 512 + size])) in ("truncated", "damaged")


def test_damaged_archives_are_refused() -> None:
    """A checksum that is wrong, in gzip's data or in a tar's header."""
    packed = bytearray(gzip.compress(archive(entry("x/a", b"1" * 300))))
    packed[-8] ^= 1
    assert refusal(bytes(packed)) == "damaged"
    assert refusal(gzip.compress(b"no tar at all" * 100)) == "damaged"


def test_entries_behind_a_damaged_header_or_the_end_are_not_hidden() -> None:
    """As npm goes on behind a header that does not add up, data that follows one is refused."""
    bad = bytearray(entry("x/b", b""))
    bad[0] ^= 1
    assert refusal(archive(entry("x/a"), bytes(bad), entry("x/evil.js", b"evil"))) in ("trailing_data", "damaged")
    assert refusal(archive(entry("x/a")) + entry("x/evil.js", b"evil")) == "trailing_data"
    assert refusal(gzip.compress(archive(entry("x/a"))) + b"garbage behind") == "damaged"


@pytest.mark.parametrize("where", ["file", "files", "padding"])
def test_a_bomb_of_ten_gigabytes_is_refused_in_little_memory(where: str) -> None:
    """Ten gigabytes of zeros in ten megabytes: in one file, in many, or as padding behind the end."""
    zeros = gzip.compress(bytes(10_000_000), 9)
    heads = {
        "file": entry("x/a", size=10_000_000_000 - 512),
        "files": entry("x/a", bytes(30_000_000)) * 2,
        "padding": archive(entry("x/a")),
    }
    bomb = gzip.compress(heads[where], 1) + zeros * 1000
    tracemalloc.start()
    try:
        code = refusal(bomb, limits=Limits(ratio_free=50_000_000, ratio=3))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert code == {"file": "file_too_large", "files": "ratio", "padding": "ratio"}[where]
    assert peak < 70_000_000


def test_a_refusal_survives_the_way_back_from_a_worker() -> None:
    """Unpacking runs in a process of its own, so the exception is pickled."""
    again = pickle.loads(pickle.dumps(ArchiveRefused("ratio", "Too much.")))
    assert (again.code, again.message) == ("ratio", "Too much.")
