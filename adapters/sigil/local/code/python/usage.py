"""Whether a word is used where it stands, so that it tells something: in comments and plain imports it does not."""

from __future__ import annotations

import re

from adapters.sigil.local.code.telling import secret_variable

_AROUND = 40
_MEMBER = re.compile(rb"[\s\\]{0,9}\.[\s\\]{0,9}[a-zA-Z_]")
_RENAMED = re.compile(rb"[ \t]+as\b")
_GIVEN = re.compile(rb"[ \t]*=(?!=)")
_IMPORTED = re.compile(rb"\bimport[ \t][^\n]*\Z")
_ORIGIN = re.compile(rb"(?:\bfrom[ \t]+[\w.]*|_vendor\.|['\"])\Z")
_VALUE = re.compile(rb"(?:[=,(\[{:|*]|\b(?:return|yield|or|and|else|if|in|await|not|lambda))[\s\\]{0,9}\Z")
_ONE_VARIABLE = re.compile(rb"(?:\.(?:get|pop|setdefault))?[(\[]\s*['\"](\w{1,100})['\"]\s*[),\]]")
_TELLS_OF_THE_MACHINE = re.compile(
    r"USER|LOGNAME|HOST|COMPUTERNAME|HOME|APPDATA|PROFILE|TEMP|TMP|PROGRAM|SYSTEM|WINDIR|PATH|XDG_|GITHUB|RUNNER"
)


def uses_module(source: bytes, start: int, end: int) -> bool:
    """Whether a module's name is more than a word of a text, somebody else's member or a plain import of it."""
    before = source[max(0, start - _AROUND) : start]
    if _MEMBER.match(source, end) and before[-1:] != b".":
        return True
    if _IMPORTED.search(before):
        return _RENAMED.match(source, end) is not None
    return bool(_ORIGIN.search(before) or (_VALUE.search(before) and not _GIVEN.match(source, end)))


def reads_environment(source: bytes, start: int, end: int) -> bool:
    """Whether more is asked of the environment than one variable that holds no secret and tells nothing of a machine.

    That a text names the environment alone, as tests do that set it, tells nothing either.
    """
    before, after = source[start - 1 : start], source[end : end + 1]
    if before == after and before in (b"'", b'"'):
        return False
    variable = _ONE_VARIABLE.match(source, end)
    if variable is None:
        return True
    name = variable[1].decode("utf-8", "replace").upper()
    return secret_variable(name) or _TELLS_OF_THE_MACHINE.search(name) is not None
