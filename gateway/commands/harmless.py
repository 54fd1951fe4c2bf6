"""Text of strangers on a terminal: whatever could steer it, or turn what is read around, is spelled out."""

from __future__ import annotations


def harmless(text: str) -> str:
    r"""Keep lines and printable characters; write control, bidirectional and invisible ones as `\x1b`, `\u202e`."""
    return "".join(character if character.isprintable() else _spelled(character) for character in text)


def _spelled(character: str) -> str:
    return {"\n": "\n", "\t": "    "}.get(character) or character.encode("unicode_escape").decode("ascii")
