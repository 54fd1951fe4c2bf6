"""The folder of a scan, through which its steps hand packages and facts to each other, so that nothing large is piped.

It holds what was fetched (`release.json`, `archive-0` …), for each archive an outline of what it unpacks to
(`package-0` …) and the files' bytes (`contents-0` …), for each part of the work what is to be read (`part-0` …) and
what was read there (`facts-0` …), and for each archive what its files do together (`linked-0` …).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from adapters.sigil.local.analysis import Reading
from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.material import Package, PackageFile, Stored
from adapters.sigil.local.signatures import Hit

_BUFFER = 1_048_576


class Read(msgspec.Struct, frozen=True):
    """What a file does and which signatures match it, at each of its places: the number of an archive, and a path."""

    places: list[tuple[int, str]]
    facts: CodeFacts | None
    hits: tuple[Hit, ...]


def keep_package(folder: Path, number: int, package: Package) -> Package:
    """Write a package's outline and bytes; gives it with its files' bytes where they lie now."""
    contents = folder / f"contents-{number}"
    offset = 0
    files = []
    with contents.open("wb", buffering=_BUFFER) as out:
        for file in package.files:
            files.append(PackageFile(file.path, Stored(str(contents), offset, file.size)))
            offset += out.write(file.data)
    kept = msgspec.structs.replace(package, files=tuple(files))
    (folder / f"package-{number}").write_bytes(msgspec.msgpack.encode(kept))
    return kept


def kept_packages(folder: Path) -> Iterator[Package]:
    """Give the packages in the order of their archives, their files' bytes to be read at need."""
    for number in range(len(list(folder.glob("package-*")))):
        yield msgspec.msgpack.decode((folder / f"package-{number}").read_bytes(), type=Package)


def keep_part(folder: Path, index: int, readings: Iterable[Reading]) -> None:
    """Write what is to be read in a part."""
    (folder / f"part-{index}").write_bytes(msgspec.msgpack.encode(tuple(readings)))


def kept_part(folder: Path, index: int) -> tuple[Reading, ...]:
    """Give what is to be read in a part, the files' bytes with it."""
    readings = msgspec.msgpack.decode((folder / f"part-{index}").read_bytes(), type=tuple[Reading, ...])
    return tuple(Reading(PackageFile(each.file.path, each.file.data), each.places) for each in readings)


def keep_read(folder: Path, index: int, read: Iterable[Read]) -> None:
    """Write what was read in a part."""
    (folder / f"facts-{index}").write_bytes(msgspec.msgpack.encode(tuple(read)))


def keep_linked(folder: Path, number: int, facts: Mapping[str, CodeFacts]) -> None:
    """Write what the files of an archive do together, by path, where that is more than each does alone."""
    (folder / f"linked-{number}").write_bytes(msgspec.msgpack.encode(facts))


def kept_linked(folder: Path, number: int) -> dict[str, CodeFacts]:
    """Give what the files of an archive do together, by path."""
    return msgspec.msgpack.decode((folder / f"linked-{number}").read_bytes(), type=dict[str, CodeFacts])


def kept_read(folder: Path) -> Iterator[Read]:
    """Give what was read in all parts."""
    for part in folder.glob("facts-*"):
        yield from msgspec.msgpack.decode(part.read_bytes(), type=tuple[Read, ...])
