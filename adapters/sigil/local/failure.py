"""How a scan fails."""

from __future__ import annotations


class ScanFailure(Exception):
    """A scan ends as failed with a `code` and a sentence for the person who asked; it can be pickled."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[ScanFailure], tuple[str, str]]:
        return (ScanFailure, (self.code, self.message))
