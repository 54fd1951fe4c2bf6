"""Whether a word is used where it stands, so that it tells something: in comments and plain imports it does not."""

from __future__ import annotations

import re
import sys

from adapters.sigil.local.code.telling import secret_variable

_AROUND = 40
_MEMBER = re.compile(rb"[\s\\]{0,9}\.(?:[\s\\]{1,9}(?=[a-z_]\w{0,40}\s{0,9}[.(]))?([a-zA-Z_]\w{0,40})")
"""A member; behind a full stop and a space, one that is called or has members itself."""
_EVERYDAY_MEMBERS = frozenset(
    b"append extend insert pop remove clear items keys values copy sort index count update setdefault"
    b" exceptions RequestException HTTPError ConnectionError Timeout Response PreparedRequest".split()
)
"""Members that a list, a dictionary or the errors of a module have, and no module that sends, runs or reads."""
_ADDRESS = re.compile(rb"://[^\s'\"()]*/\Z")
_RENAMED = re.compile(rb"[ \t]+as\b")
_IMPORTED = re.compile(rb"\bimport[ \t][^\n;]*\Z")
_ORIGIN = re.compile(rb"(?:\bfrom[ \t]+[\w.]*|(?:_vendor|vendored|packages)\.)\Z")
_VALUE = re.compile(
    rb"(?:[=,(\[{:|*]|\b(?:return|yield|or|and|else|if|in|await|not|lambda))[\s\\]{0,9}\Z|['\"]\Z",
)
_NAMED = re.compile(rb"['\"]?[ \t]*(?:=(?!=)|:)")
_IN_A_SENTENCE = re.compile(rb"[ \t]+(?!(?:if|for|else|and|or|is|in|not|as)\b)[a-zA-Z]")
_ONE_VARIABLE = re.compile(rb"(?:\.(?:get|pop|setdefault))?[(\[]\s*['\"](\w{1,100})['\"]\s*[),\]]")
_TELLS_OF_THE_MACHINE = re.compile(
    r"USER|LOGNAME|HOST|COMPUTERNAME|HOME|APPDATA|PROFILE|TEMP|TMP|PROGRAM|SYSTEM|WINDIR|PATH|XDG_|GITHUB|RUNNER"
)
_SET = re.compile(rb"patch\.dict\(\s{0,40}\Z")
_WORD_BEFORE = re.compile(rb"(\w+)[ \t]+\Z")
_BEFORE_VALUES = frozenset(b"return yield or and else if elif in await not lambda assert print raise while".split())
_MENTIONED = re.compile(rb"(?:`~?|\bdef[ \t]+)\Z")
_MODULE_KEY = re.compile(rb"\s*(?:__name__|['\"](\w++)[\w.]*+['\"])\s*\]")
_EVERYDAY_IMPORT = re.compile(
    rb"\s++(?:(?:path|PathLike|sep|fspath|getcwd|parse|error)\b"
    rb"(?:[ \t]++as[ \t]++\w++)?+[ \t]*+,?+[ \t]*+)++(?=[\r\n#;])"
)


def uses_module(source: bytes, start: int, end: int) -> bool:
    """Whether a module's name is more than a word of a text, somebody else's member or a plain import of it."""
    before = source[max(0, start - _AROUND) : start]
    member = _MEMBER.match(source, end)
    if member is not None and before[-1:] != b"." and not _ADDRESS.search(before):
        return member[1] not in _EVERYDAY_MEMBERS
    if _IMPORTED.search(before):
        return _RENAMED.match(source, end) is not None
    if _ORIGIN.search(before):
        return True
    return bool(_VALUE.search(before) and not _NAMED.match(source, end) and not _IN_A_SENTENCE.match(source, end))


def reads_environment(source: bytes, start: int, end: int) -> bool:
    """Whether more is asked of the environment than one variable that holds no secret and tells nothing of a machine.

    That a test sets it, by itself or by its name in a text, tells nothing either.
    """
    before, after = source[max(0, start - _AROUND) : start], source[end : end + 1]
    if _SET.search(before) or (before[-1:] == after and after in (b"'", b'"')):
        return False
    variable = _ONE_VARIABLE.match(source, end)
    if variable is None:
        return True
    name = variable[1].decode("utf-8", "replace").upper()
    return secret_variable(name) or _TELLS_OF_THE_MACHINE.search(name) is not None


def is_code(source: bytes, start: int, _end: int) -> bool:
    """Whether a name is used, and neither the title of a definition nor referred to by a documentation."""
    word = start + 1 if source[start : start + 1] in b" \t\n" else start
    return _MENTIONED.search(source, max(0, word - _AROUND), word) is None


def is_call(source: bytes, start: int, end: int) -> bool:
    """Whether a name and a bracket are a call, and not words of a sentence (with remarks)."""
    if source[end - 2 : end - 1] not in (b" ", b"\t"):
        return True
    word = _WORD_BEFORE.search(source[max(0, start - _AROUND) : start])
    return word is None or word[1] in _BEFORE_VALUES


def asks_for_module(source: bytes, _start: int, end: int) -> bool:
    """Whether a loaded module is asked for that is Python's own, or whose name is put together."""
    key = _MODULE_KEY.match(source, end)
    return key is None or (key[1] is not None and key[1].decode("utf-8", "replace") in sys.stdlib_module_names)


def imports_powers(source: bytes, _start: int, end: int) -> bool:
    """Whether more is imported than names for paths and addresses."""
    return _EVERYDAY_IMPORT.match(source, end) is None
