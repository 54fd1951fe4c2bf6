"""Reading compressed bytes forward, counted as they unfold."""

from __future__ import annotations

import bz2
import io
import lzma

from zlib_ng import gzip_ng, zlib_ng

from adapters.sigil.local.archive.limits import ArchiveRefused, Tally

_STEP = 65_536
DAMAGE: tuple[type[Exception], ...] = (
    EOFError,
    zlib_ng.error,  # type: ignore[assignment] # its stub takes the class for an instance
    lzma.LZMAError,
    OSError,
)


class CountedStream(io.RawIOBase):
    """Decompresses as it is read, and counts every byte; it only ever goes forward.

    A tar whose headers would send the reader back or beyond the end is refused as damaged or truncated.
    """

    def __init__(self, data: bytes, tally: Tally) -> None:
        super().__init__()
        self._source = _opened(data)
        self._tally = tally
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        """Give up to `size` bytes, fewer only at the end; never all that there is, however the caller came by a -1."""
        if size < 0:
            raise ArchiveRefused("damaged", "The archive's headers hold a negative size.")
        try:
            chunk = self._source.read(size)
        except DAMAGE as error:
            raise refused(error) from None
        self._tally.unpack(len(chunk))
        self._position += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go forward by reading."""
        if whence != io.SEEK_SET or offset < self._position:
            raise ArchiveRefused("damaged", "The archive's headers contradict each other.")
        while self._position < offset:
            if not self.read(min(_STEP, offset - self._position)):
                raise ArchiveRefused("truncated", "The archive breaks off in the middle.")
        return self._position

    def tell(self) -> int:
        """Give how many bytes have been read."""
        return self._position

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes, though it is so in one direction only."""
        return True

    def rest_is_zero(self) -> bool:
        """Read to the end and say whether nothing but padding came."""
        return all(chunk.count(0) == len(chunk) for chunk in iter(lambda: self.read(_STEP), b""))


def refused(error: Exception) -> ArchiveRefused:
    """Say that an archive is refused for what a decompressor raised: one of DAMAGE."""
    if isinstance(error, EOFError):
        return ArchiveRefused("truncated", "The archive breaks off in the middle.")
    return ArchiveRefused("damaged", f"The archive cannot be decompressed: {error}.")


def _opened(data: bytes) -> io.BufferedIOBase:
    raw = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip_ng.GzipFile(fileobj=raw)  # type: ignore[no-untyped-call]
    if data.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(raw)
    return raw
