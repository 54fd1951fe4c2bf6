"""How much an archive may hold, and the refusal of one that holds more or that lies."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


class ArchiveRefused(Exception):
    """The archive is not unpacked; `code` is a stable word, `message` a sentence for the person who asked.

    Codes: unknown_format, damaged, truncated, trailing_data, too_many_entries, file_too_large, too_large, ratio, path,
    link, special_file, sparse, duplicate, encrypted, compression, mismatch, unreadable.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[ArchiveRefused], tuple[str, str]]:
        return (ArchiveRefused, (self.code, self.message))


@dataclass(frozen=True)
class Limits:
    """What one archive may take: sizes in bytes, `depth` in folders, `ratio` of unpacked to packed bytes.

    `ratio` is asked only of archives that unpack to more than `ratio_free`.
    """

    entries: int = 75_000
    file_size: int = 256 * MEGABYTE
    total_size: int = 512 * MEGABYTE
    ratio: int = 100
    ratio_free: int = 32 * MEGABYTE
    path_length: int = 1024
    depth: int = 64
    extra_header: int = 1_048_576
    """How many bytes one of a tar's long names or extended headers may have."""


DEFAULT_LIMITS = Limits()


@dataclass
class Tally:
    """Counts what an archive of `packed` bytes unpacks to, and refuses it once that is too much."""

    limits: Limits
    packed: int
    unpacked: int = 0
    entries: int = 0

    def entry(self) -> None:
        """Count an entry of any kind."""
        self.entries += 1
        if self.entries > self.limits.entries:
            raise ArchiveRefused("too_many_entries", f"The archive holds more than {self.limits.entries} entries.")

    def room_for(self, size: int, path: str) -> None:
        """Refuse a file that is too large or one too many by the size that its header tells, before it is unpacked."""
        if size > self.limits.file_size:
            limit = shown_size(self.limits.file_size)
            raise ArchiveRefused("file_too_large", f"The archive's file {path!r} is larger than {limit}.")
        self._check(self.unpacked + size)

    def unpack(self, size: int) -> None:
        """Count bytes that came out of the decompression."""
        self.unpacked += size
        self._check(self.unpacked)

    def _check(self, unpacked: int) -> None:
        if unpacked > self.limits.total_size:
            limit = shown_size(self.limits.total_size)
            raise ArchiveRefused("too_large", f"The archive unpacks to more than {limit}.")
        if unpacked > max(self.limits.ratio_free, self.packed * self.limits.ratio):
            raise ArchiveRefused(
                "ratio", f"The archive unpacks to more than {self.limits.ratio} times its size, as bombs do."
            )


def shown_size(size: int) -> str:
    """Write a number of bytes for a person."""
    return f"{size / MEGABYTE:g} MB" if size >= MEGABYTE else f"{size} bytes"
