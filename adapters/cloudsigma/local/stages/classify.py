"""Stage 2, classify: whether a report is threat intelligence at all."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from adapters.cloudsigma.local.material import Classification, Report
from adapters.cloudsigma.models import Notice

THRESHOLD = 3.0
"""Points at which a short text is as likely threat intelligence as not."""

HALVING_WORDS = 400
"""A text of this many words needs twice the points of a very short one."""

_MAX_SHOWN = 5

# A star ends a stem that may be continued; a blank also stands for a hyphen or a line break.
_TELLING = """
    threat actor*; threat group*; threat intelligence; advanced persistent threat*; malware*; ransomware*; spyware;
    infostealer*; info stealer*; rootkit*; bootkit*; botnet*; keylog*; shellcode*; web shell*; webshell*; trojan*;
    remote access tool*; command and control; c2; c&c; cnc server*; spearphish*; spear phish*; exfiltrat*;
    lateral movement; move* laterally; privilege escalation; escalat* privileges; credential dump*;
    credential harvest*; credential theft; credential access; dump* credentials; steal* credentials; backdoor*;
    defense evasion; initial access; living off the land; lolbin*; indicators of compromise; iocs; ttps;
    side load*; process injection; process hollowing; process doppelg*; reflective* load*; watering hole*;
    drive by download*; zero day*; 0 day*; in the wild; remote code execution; arbitrary code; arbitrary command*;
    code injection; command injection; sql injection; deserialization of untrusted; unauthenticated attacker*;
    remote attacker*; cyber espionage; cyberespionage; cyber threat*; cyberattack*; cyber attack*; cyber actor*;
    state sponsored; nation state; cybercrim*; mitre att&ck; mimikatz; cobalt strike; metasploit; meterpreter;
    psexec; lsass; procdump; bloodhound; xmrig; cryptojack*; cryptomin*; coin miner*; double extortion;
    ransom note*; shadow copies; vssadmin; kerberoast*; pass the hash; golden ticket*; dcsync; ntds.dit;
    password spray*; credential stuffing; typosquat*; fileless; sandbox evasion; anti analysis;
    post exploitation; kill chain; dead drop resolver*; domain generation algorithm*; supply chain compromise*;
    impair defenses; phish*; malspam
    """
_USUAL = """
    payload*; dropper*; attacker*; adversar*; implant*; exploit*; compromised; malicious*; infect*; obfuscat*;
    intrusion*; hacker*; hacking; threat hunt*; wiper*; brute forc*; vulnerabilit*; denial of service;
    cross site scripting; path traversal; directory traversal; buffer overflow; out of bounds; use after free;
    cvss; cwe; macro enabled; stager*; beacon*; reverse shell*; encoded command*; powershell*; rundll32*;
    regsvr32*; mshta*; certutil*; wmic; schtasks; scheduled task*; run keys; registry run; evasion; reconnaissance;
    tradecraft; tor network; extortion; stolen data; data theft; espionage; security researchers
    """
_COMMON = """
    attack*; victim*; credential*; campaign*; threat*; encrypt*; download*; executable*; registry; persistence;
    domain controller*; active directory; remote desktop; rdp; smb; wmi; cmd.exe; mutex; md5; sha256; sandbox*;
    antivirus; stealth*; steal*; targeted; attachment*; bypass*; inject*; password*; unauthori*; worm; ransom;
    base64; privilege*; loader; decrypt*; impersonat*; hijack*; evade*; proxy server*; autorun*; tunnel*
    """
_EVIDENCE = (
    ("ATT&CK ids", 4.0, re.compile(r"\bT1\d{3}(?:\.\d{3})?\b|\bTA00\d{2}\b")),
    ("CVE ids", 2.0, re.compile(r"\bCVE-\d{4}-\d{4,}\b", re.IGNORECASE)),
    ("named actors", 4.0, re.compile(r"\b(?:APT|FIN|UNC|TA|DEV-|Storm-|TEMP\.)\d{1,4}\b")),
    (
        "defanged indicators",
        4.0,
        re.compile(r"\bh(?:xx|XX|\*\*)ps?\b|[\w)]\s?(?:\[\.\]|\(\.\)|\[dot\]|\{\.\})\s?\w|\[:\]//"),
    ),
    ("SHA-256 hashes", 3.0, re.compile(r"\b[0-9a-fA-F]{64}\b")),
    ("other hashes", 1.5, re.compile(r"\b(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{32})\b")),
)


def _pattern(terms: str) -> re.Pattern[str]:
    longest_first = sorted(map(str.strip, terms.split(";")), key=len, reverse=True)
    spelled = (re.escape(term).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]+") for term in longest_first)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(spelled)})(?!\w)")


_PATTERNS = ((3.0, _pattern(_TELLING)), (2.0, _pattern(_USUAL)))
_COMMON_PATTERN = _pattern(_COMMON)


def classify(report: Report) -> Classification:
    """Score the field's own terms and marks against the length of the text; deterministic, no model."""
    text = report.text.lower()
    telling = dict(_marks(report.text)) | dict(_terms(text))
    # Words of all of computing only count as far as more telling ones stand beside them.
    common = dict(_weighed(_counted(_COMMON_PATTERN, text), 1.0))
    strength = sum(telling.values()) + min(sum(common.values()), sum(telling.values()) / 2)
    points = strength / (1 + len(text.split()) / HALVING_WORDS)
    score = round(-math.expm1(-math.log(2) * points / THRESHOLD), 3)
    if points >= THRESHOLD:
        return Classification(is_threat_intelligence=True, score=score)
    return Classification(is_threat_intelligence=False, score=score, notices=(_notice(common | telling),))


def _marks(text: str) -> Iterator[tuple[str, float]]:
    for name, weight, pattern in _EVIDENCE:
        yield from _weighed(Counter({name: len(set(pattern.findall(text)))}), weight)


def _terms(text: str) -> Iterator[tuple[str, float]]:
    for weight, pattern in _PATTERNS:
        yield from _weighed(_counted(pattern, text), weight)


def _counted(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(" ".join(found.replace("-", " ").split()) for found in pattern.findall(text))


def _weighed(counts: Counter[str], weight: float) -> Iterator[tuple[str, float]]:
    """Yield each name with its points; repeats add ever less."""
    for name, count in counts.items():
        if count:
            yield name, weight * (1 + math.log(count))


def _notice(found: dict[str, float]) -> Notice:
    strongest = sorted(found, key=lambda name: (-found[name], name))[:_MAX_SHOWN]
    signs = f"the only signs of it are {', '.join(strongest)}" if strongest else "there is no sign of it"
    return Notice(
        code="NotThreatIntelligence",
        severity="warning",
        message=f"The input does not read like threat intelligence: {signs}. Rules are made of it only with `force`.",
    )
