"""How an execution fails."""

from __future__ import annotations


class PipelineFailure(Exception):
    """An execution ends FAILED with the documented `code` and a sentence for the person who asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[PipelineFailure], tuple[str, str]]:
        return (PipelineFailure, (self.code, self.message))
