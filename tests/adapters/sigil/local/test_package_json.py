"""A package.json is read as npm reads it."""

from __future__ import annotations

import pytest

from adapters.sigil.local.package_json import read_manifest
from adapters.sigil.local.phases.hooks import npm_hooks

SCRIPTS = b'"scripts": {"postinstall": "node evil.js"}'

READ_BY_NPM = {
    "a byte order mark": b"\xef\xbb\xbf{" + SCRIPTS + b"}",
    "half of a pair": rb'{"description": "\ud83d", ' + SCRIPTS + b"}",
    "the other half": rb'{"description": "\uDE00 ", ' + SCRIPTS + b"}",
    "half of a pair beside it": rb'{"scripts": {"x": "\ud800", "postinstall": "node evil.js"}}',
    "bytes that are no text": b'{"description": "\xff", ' + SCRIPTS + b"}",
    "bytes that are no text beside it": b'{"scripts": {"\xff": "\xff", "postinstall": "node evil.js"}}',
    "a number beyond all others": b'{"scripts": {"x": 1e999, "postinstall": "node evil.js"}}',
    "a number of many digits": b'{"scripts": {"x": ' + b"1" * 5000 + b', "postinstall": "node evil.js"}}',
    "a gypfile that is text": b'{"gypfile": "no", ' + SCRIPTS + b"}",
    "a script that is none": b'{"scripts": {"x": [], "postinstall": "node evil.js"}}',
    "the name written in escapes": rb'{"scr\u0069pts": {"post\u0069nstall": "node evil.js"}}',
    "the last of two": b'{"scripts": {}, ' + SCRIPTS + b"}",
}


@pytest.mark.parametrize("manifest", READ_BY_NPM.values(), ids=READ_BY_NPM)
def test_a_hook_that_npm_runs_is_seen(manifest: bytes) -> None:
    """What breaks the document for a strict reader must not hide it."""
    assert [hook.command for hook in npm_hooks(manifest)] == ["node evil.js"]


@pytest.mark.parametrize("manifest", [b"", b"{", b"[1]", b'"x"', b"{" + SCRIPTS + b"}\0", b'{"x": "\1"}'])
def test_what_npm_does_not_read_is_nothing(manifest: bytes) -> None:
    """Nothing of it can be installed."""
    assert read_manifest(manifest) == {}


def test_a_whole_pair_and_a_backslash_stay_what_they_are() -> None:
    """Only the half of a pair is replaced."""
    assert read_manifest(rb'{"x": "\ud83d\ude00", "y": "\\ud83d", "z": "\ud83dx"}') == {
        "x": "\U0001f600",
        "y": "\\ud83d",
        "z": "\ufffdx",
    }
