"""Tar archives, plain or compressed with gzip, bzip2 or xz."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits, Tally
from adapters.sigil.local.archive.paths import link_target, safe_path
from adapters.sigil.local.archive.tar_headers import HeaderStream
from adapters.sigil.local.material import PackageFile

_CHAIN = 40
"""How many links may lead to one another before a file comes, as Linux has it."""


def tar_files(data: bytes, limits: Limits, *, follow_links: bool) -> list[PackageFile]:
    """Unpack a tar; of entries with one path the last wins, as with every tool that unpacks tars.

    Links within the archive become files with what they lead to if `follow_links`, else they are left out, as npm
    leaves them. Raises `ArchiveRefused`, also for a link that leads out, whatever `follow_links` says.
    """
    tally = Tally(limits, len(data))
    stream = HeaderStream(data, tally)
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    spelled: dict[str, bool] = {}
    for member, archive in _members(stream):
        tally.entry()
        if member.isdir():
            safe_path(member.name, limits)
            continue
        if not (path := safe_path(member.name, limits)):
            raise ArchiveRefused("path", "The archive holds a file without a name.")
        place = path.partition("/")[2] or path  # in whatever first folder, as npm strips it
        if spelled.setdefault(place, "\\" in member.name) != ("\\" in member.name):
            raise ArchiveRefused("duplicate", f"The archive holds {path!r} with backslashes and with slashes.")
        if member.issym() or member.islnk():
            links[path] = link_target(path, member.linkname, limits, symbolic=member.issym())
        else:
            files.pop(path, None)  # so that files stand in the order in which they are written
            files[path] = _content(archive, member, tally)
    if not stream.rest_is_zero():
        raise ArchiveRefused("trailing_data", "The archive holds data after its end, where some tools go on reading.")
    if follow_links:
        _follow(links, files, tally)
    return [PackageFile(path, content) for path, content in files.items()]


def _members(stream: HeaderStream) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    class BoundedInfo(tarfile.TarInfo):
        """Looks at a header before anything that it announces is read."""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> BoundedInfo:
            info = super().frombuf(buf, encoding, errors)
            stream.see(info, bytes(buf))
            return info

    try:
        with tarfile.open(fileobj=stream, mode="r:", tarinfo=BoundedInfo, errors="surrogateescape") as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # kept, they would take much memory
                yield member, archive
    except tarfile.TarError as error:
        raise ArchiveRefused("damaged", f"The archive is no readable tar: {error}.") from None
    except (ValueError, OverflowError, UnicodeError, RecursionError) as error:
        raise ArchiveRefused("damaged", "The archive's headers hold what no tar can.") from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, tally: Tally) -> bytes:
    if not member.isreg():
        raise ArchiveRefused("special_file", f"The archive's entry {member.name!r} is a device or of an unknown kind.")
    tally.room_for(member.size, member.name)
    reader = archive.fileobj
    if reader is None:  # never while the archive is open
        raise ArchiveRefused("damaged", "The archive is closed.")
    reader.seek(member.offset_data)
    content = bytes(reader.read(member.size))
    if len(content) < member.size:
        raise ArchiveRefused("truncated", "The archive breaks off in the middle.")
    return content


def _follow(links: dict[str, str], files: dict[str, bytes], tally: Tally) -> None:
    if both := links.keys() & files.keys():
        raise ArchiveRefused("duplicate", f"The archive holds {min(both)!r} both as a link and as a file.")
    found: dict[str, bytes] = {}
    for path, first in links.items():
        target = first
        for _ in range(_CHAIN):
            if target not in links:
                break
            target = links[target]
        if target in files:
            found[path] = files[target]
            tally.unpack(len(found[path]))  # no memory, but work for whoever reads it
    files.update(found)
