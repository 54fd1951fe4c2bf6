"""package.json as npm reads it, which takes more for JSON than a strict reader does."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

MANIFEST = "package.json"
LARGEST = 4 * 1024 * 1024

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def read_manifest(manifest: bytes) -> dict[str, Any]:
    r"""Read a package.json, nothing where npm reads none either; numbers are floats.

    A byte order mark, bytes that are no text, half of a pair of `\ud800`s and numbers of any size break it for a strict
    reader, not for npm. Raises RecursionError where it is nested too deep.
    """
    text = manifest.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    writable = _ESCAPE.sub(lambda found: r"\ufffd" if found["half"] else found[0], text)
    try:
        content = json.loads(writable, parse_int=float)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
