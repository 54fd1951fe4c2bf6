"""Texts put where others act on them: what hooks, tasks, workflows and rules of assistants make others do."""

from __future__ import annotations

import re

from adapters.sigil.local.code.telling_commands import Command, command_kinds

ALL_SECRETS = "all secrets of a repository"
"""What code holds that makes a repository's workflow give all its secrets away."""
SILENT_REQUEST = "secrets asked for in silence"
"""What code holds that has an assistant hand out secrets and not speak of it."""
_LONGEST = 20_000
_BEFORE = 60
_HOT_COMMANDS = frozenset((Command.DOWNLOAD_AND_RUN, Command.DECODE_AND_RUN, Command.CONNECT_BACK, Command.SEND))
_FETCHING = frozenset((Command.DOWNLOAD_AND_RUN, Command.DECODE_AND_RUN, Command.CONNECT_BACK))
_SHORTEST_SCRIPT = 20
_ALL_SECRETS = re.compile(r"toJSON\(\s*secrets|\bsecrets\.\w++.{0,200}(?:curl|wget|base64|\bnc\b)", re.DOTALL)
_ALL_SECRETS_LEAVE = (
    re.compile(r"toJSON\(\s*secrets\b", re.IGNORECASE),
    re.compile(
        r"\b(?:base64|curl|wget|nc|xxd|openssl|upload-artifact|Invoke-(?:WebRequest|RestMethod))\b", re.IGNORECASE
    ),
)
_UNASKED = re.compile(
    r"\btask\.allowAutomaticTasks\W{1,5}on\b|\bsecurity\.workspace\.trust\.enabled(?!\W{1,5}true)"
    r"|\bchat\.tools\.(?:global\.)?autoApprove\W{1,5}true|\bdefaultMode\W{1,5}bypassPermissions\b"
    r"|\A(?=.*\brunOn\W{1,5}folderOpen\b)(?=.*\btype\W{1,5}(?:shell|process)\b)",
    re.DOTALL,
)
_PROMPT = re.compile(
    r"ignore (?:all |any )?(?:previous|prior|earlier|other) (?:instructions|rules)"
    r"|(?:do not|never|don't) (?:tell|mention|inform|show)\b.{0,40}\buser|without (?:asking|telling|informing)\b",
    re.IGNORECASE | re.DOTALL,
)
_ASKED = re.compile(
    r"\b(?:read|open|cat|send|include|pass|paste|attach|collect|gather|copy|append|embed|upload|post|submit|encode|forward"
    r"|(?:contents?|values?|text) of|set to)\b[^!?]{0,160}?"
    r"(?:\.env\b(?!\.(?:example|sample|template))|\.ssh\b|\bid_(?:rsa|ed25519)\b|\.aws\b|\.(?:npmrc|netrc|pypirc|git-credentials)\b"
    r"|\.kube\b|\b(?:environment variables|credentials|passwords?|secrets|seed phrase|mnemonic|process\.env)\b"
    r"|\b(?:api|access|private|secret|ssh)[ _-](?:keys?|tokens?)\b|\b(?:auth|npm|github|session|bearer)[ _-]tokens?\b)",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"\b(?:never|not|avoid|without|cannot|refuse|\w{2,6}n['\u2019]t)\b[^.\n]{0,40}$", re.IGNORECASE)
_WITHOUT = re.compile("without", re.IGNORECASE)
_PART = r"(?:step|rule|call|instruction|tool|procedure|requirement|request|check|note|section|message|upload)s?\b"
_SILENCE = re.compile(
    r"(?:\b(?:do not|never|must not|should not|without|no need to)|\b\w{2,6}n['\u2019]t)\s+(?:ever\s+)?"
    r"(?:(?:tell|inform|notify|alert|warn)(?:ing)?\s+(?:the |your |any )?(?:users?|humans?|developers?|person|anyone)\b"
    rf"|(?:mention|acknowledge|announce|disclose|talk about)(?:ing)?\s+(?:this|that|it|any of this|these {_PART})"
    r"|(?:mention|discuss|explain|report|show|reveal|display|print|log|quote|repeat)(?:ing)?\s+"
    rf"(?:this|the|these|those) (?:\w+ )?{_PART})"
    rf"|\bkeep (?:this|it|these|the) (?:{_PART} )?(?:hidden|secret|quiet|to yourself|between us)\b"
    r"|\b(?:silently|secretly|quietly) (?:read|send|collect|include|call|upload|pass|append|attach|gather)\b"
    r"|\buser (?:must|should|need)(?: not|n['\u2019]t) (?:\w+ )?(?:know|notice|see|learn|be (?:told|aware|informed))\b",
    re.IGNORECASE,
)
_TALKS = re.compile(
    r"\burlopen\(|\b(?:requests|httpx)\.\w+\(|\bhttp\.client\b|\bsocket\.(?:socket|create_connection)\("
    r"|\bsmtplib\.|\bInvoke-(?:WebRequest|RestMethod)\b|\bWebClient\b|\bHTTP\.(?:post|put)\b|\bhttr::"
)
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_HANDED = re.compile(
    r"\bcurl\b[^;&\n]*\s(?:-[a-zA-Z]{0,5}[dFT]|--data(?:-\w+)?|--form|--upload-file|--json)[\s=@\"'$][^\n]*"
    r"|\bwget\b[^;&\n]*--(?:post|body)-(?:data|file)\b[^\n]*|\bInvoke-(?:WebRequest|RestMethod)\b[^\n]*-Method\s+[\"']?(?:Post|Put)\b[^\n]*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s\"'`|;)<>\\]+", re.IGNORECASE)


def planted_text(text: str) -> bool:
    """Whether a text, put where others act on it, makes them fetch and run, send, hand out secrets or ask nobody."""
    told = text[:_LONGEST]
    return bool(
        _HOT_COMMANDS & {*command_kinds(told)}
        or _ALL_SECRETS.search(told)
        or _PROMPT.search(told)
        or _UNASKED.search(told)
        or asks_in_silence(told)
    )


def talks(text: str) -> bool:
    """Whether a text is a program that fetches something from others, or sends it to them."""
    return bool(_TALKS.search(text[:_LONGEST]))


def planted_script(text: str) -> bool:
    """Whether a script, without its comments, is such a text."""
    return planted_text(_plain(text))


def what_is_planted(text: str, path: str) -> str:
    """Name what such a text is about: all secrets, a request in silence, the address it sends to, else its own path."""
    if gives_all_secrets(text):
        return ALL_SECRETS
    if asks_in_silence(text):
        return SILENT_REQUEST
    return handed_to(text) or path


def gives_all_secrets(text: str) -> bool:
    """Whether a workflow takes all secrets of its repository at once, and encodes, sends or keeps them for others."""
    told = text[:_LONGEST]
    return all(pattern.search(told) for pattern in _ALL_SECRETS_LEAVE)


def asks_in_silence(text: str) -> bool:
    """Whether words ask their reader for somebody's secrets, and not to speak of it."""
    told = text[:_LONGEST]
    silent = (match for match in _SILENCE.finditer(told) if not (_WITHOUT.match(match[0]) and _forbidden(told, match)))
    return any(silent) and any(not _forbidden(told, match) for match in _ASKED.finditer(told))


def _forbidden(text: str, match: re.Match[str]) -> bool:
    return _FORBIDDEN.search(text, max(0, match.start() - _BEFORE), match.start()) is not None


def handed_to(text: str) -> str:
    """Find the fixed address that a script hands data to; empty where it hands none or the address is put together."""
    for command in _HANDED.finditer(_plain(text)):
        for address in _ADDRESS.findall(command[0]):
            if "$" not in address.split("/")[2]:
                return str(address)
    return ""


def _plain(text: str) -> str:
    return _CONTINUED.sub(" ", _COMMENT.sub("", text[:_LONGEST]))


def fetching_script(text: str) -> bool:
    """Whether a text, once somebody runs it, fetches or decodes a program and starts it, or opens a shell to others."""
    return len(text) > _SHORTEST_SCRIPT and bool(_FETCHING & {*command_kinds(text)})
