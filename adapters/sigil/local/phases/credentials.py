"""Phase four: secrets that are read and leave, clipboards and wallets that are tampered with, keys that are logged."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import host_of
from adapters.sigil.local.code.telling_places import Secret
from adapters.sigil.local.phases import inputs
from adapters.sigil.local.phases.judging import (
    BAD,
    CERTAIN,
    DOUBTFUL,
    GRAVE,
    HINT,
    NOTE,
    SUSPICIOUS,
    WEAK,
    FactRule,
    FlowRule,
    HitRule,
    Judgement,
    Rule,
    by_moment,
    found,
)
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import (
    LEAVES,
    TRIVIAL,
    belongs_to,
    fixed_drop,
    foreign,
    hostile_address,
    known_host,
    loot,
    mild_secret,
    names_secret_files,
    trusted,
    whole_environment,
)
from adapters.sigil.models import Finding

_MEMORY = re.compile(r"/proc/(?!self/)[^/\s]{1,60}/mem$")
_WORD = re.compile(r"[a-z]{3,}")
_PLACES = frozenset(
    ("credentials", "token", "config", "home", "json", "users", "secrets", "var", "run", "local", "data")
)
_ADDRESSES = "wallet_address_pattern"


def credentials(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what happens to secrets, clipboards, wallets and keystrokes."""
    return found(scanned, _RULES)


def _file_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.sink):
        sure = fixed_drop(flow.sink) or not mild_secret(flow.source)
        return by_moment(CERTAIN, CERTAIN, CERTAIN if sure else DOUBTFUL)[moment]
    theft = foreign(scanned, flow.sink) or (
        known_host(flow.sink) and not _kept_for(flow) and not trusted(scanned, flow.sink)
    )
    called = WEAK if mild_secret(flow.source) else CERTAIN if theft else DOUBTFUL
    return by_moment(CERTAIN, CERTAIN if known_host(flow.sink) else GRAVE, called)[moment]


def _kept_for(flow: Flow) -> bool:
    """Whether a file with secrets is one of the service that it goes to: `~/.aws/credentials` to amazonaws.com."""
    host, path = host_of(flow.sink.detail), flow.source.detail.lower()
    return any(word in host for word in _WORD.findall(path) if word not in _PLACES)


def _environment_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if belongs_to(flow):
        return by_moment(HINT, HINT, NOTE)[moment]
    if whole_environment(flow.source):
        called = CERTAIN if hostile_address(flow.sink) or foreign(scanned, flow.sink) else WEAK
        sure = known_host(flow.sink) or flow.sink.at_load
        return by_moment(CERTAIN, CERTAIN if sure else GRAVE, called)[moment]
    if hostile_address(flow.sink):
        return by_moment(CERTAIN, CERTAIN, CERTAIN if fixed_drop(flow.sink) else DOUBTFUL)[moment]
    if not known_host(flow.sink) or trusted(scanned, flow.sink):
        return by_moment(SUSPICIOUS, WEAK, NOTE)[moment]
    bare = foreign(scanned, flow.sink) and scanned.code_bytes < TRIVIAL
    return by_moment(CERTAIN, BAD, CERTAIN if bare else HINT)[moment]


def _named_file_leaves(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if not names_secret_files(scanned, path) or trusted(scanned, flow.sink):
        return None
    hostile = hostile_address(flow.sink)
    if not (hostile or known_host(flow.sink)):
        return by_moment(DOUBTFUL, WEAK, NOTE)[moment]
    return by_moment(CERTAIN, CERTAIN, DOUBTFUL if hostile else HINT)[moment]


def _handed_over_leaves(scanned: Scanned, _path: str, flow: Flow, _moment: Moment) -> Judgement | None:
    kind = flow.source.detail.partition(" ")[0]
    if hostile_address(flow.sink):
        return CERTAIN if kind != Secret.TOKEN else SUSPICIOUS
    if not foreign(scanned, flow.sink):
        return None
    return CERTAIN if kind != Secret.TOKEN or scanned.code_bytes < TRIVIAL else SUSPICIOUS


def _gathered(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    """Judge what is sent at load, where another file that is called then reads secrets."""
    begun = path in scanned.loaded and (fact.at_load or path in scanned.called)
    if moment is Moment.INSTALL or not begun or not (foreign(scanned, fact) or hostile_address(fact)):
        return None
    others = (scanned.asked - {path}) & scanned.facts.keys()
    read = any(loot(each) for other in others for each in scanned.facts[other].facts)
    return CERTAIN if read else None


def _reads_secrets(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if mild_secret(fact):
        return by_moment(HINT, HINT, NOTE)[moment]
    if _MEMORY.search(fact.detail):
        return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]
    if any(sent.behaviour is Behaviour.SENDS and hostile_address(sent) for sent in scanned.facts[path].facts):
        return CERTAIN
    leaves = scanned.does(path, Behaviour.SENDS, Behaviour.LOOKS_UP_NAME)
    return by_moment(BAD if leaves else SUSPICIOUS, SUSPICIOUS if leaves else WEAK, HINT if leaves else NOTE)[moment]


def _swaps(scanned: Scanned, path: str, _flow: Flow, moment: Moment) -> Judgement | None:
    if _knows_addresses(scanned, path):
        return by_moment(CERTAIN, CERTAIN, GRAVE)[moment]
    return by_moment(CERTAIN, GRAVE, HINT)[moment]


def _writes_clipboard(scanned: Scanned, path: str, _fact: Fact, moment: Moment) -> Judgement | None:
    if not _knows_addresses(scanned, path):
        return None
    reads = scanned.does(path, Behaviour.READS_CLIPBOARD)
    return by_moment(CERTAIN, CERTAIN if reads else SUSPICIOUS, GRAVE if reads else HINT)[moment]


def _clipboard_leaves(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    called = SUSPICIOUS if hostile_address(flow.sink) else WEAK
    return by_moment(CERTAIN, CERTAIN, called)[moment]


def _replaces(scanned: Scanned, path: str, _fact: Fact, moment: Moment) -> Judgement | None:
    if _knows_addresses(scanned, path):
        return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]
    return None


def _replacement_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.sink):
        return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]
    if known_host(flow.sink) and not trusted(scanned, flow.sink):
        return by_moment(CERTAIN, CERTAIN, HINT)[moment]
    return by_moment(SUSPICIOUS, HINT, NOTE)[moment]


def _knows_addresses(scanned: Scanned, path: str) -> bool:
    return any(hit.signature == _ADDRESSES for own in scanned.with_own(path) for hit in scanned.hits.get(own, ()))


def _steals_tokens(scanned: Scanned, path: str, moment: Moment) -> Judgement | None:
    if scanned.does(path, Behaviour.SENDS, Behaviour.READS_SECRET_FILE):
        return by_moment(CERTAIN, CERTAIN, GRAVE)[moment]
    return by_moment(BAD, SUSPICIOUS, WEAK)[moment]


def _looks_for_keys(scanned: Scanned, path: str, moment: Moment) -> Judgement | None:
    """Judge patterns of keys: they redact as a rule; where the file sends abroad, they gather."""
    sent = (
        [each for each in scanned.facts[path].facts if each.behaviour is Behaviour.SENDS]
        if path in scanned.facts
        else []
    )
    if not any(foreign(scanned, each) or hostile_address(each) for each in sent):
        return None
    reads = scanned.does(path, Behaviour.READS_FILE, Behaviour.READS_SECRET_FILE, Behaviour.READS_ENVIRONMENT)
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment] if reads else HINT


_RULES = (
    FlowRule(
        Rule("secret-file-leaves", "The content of a file with secrets goes out over the network."),
        frozenset((Behaviour.READS_SECRET_FILE,)),
        LEAVES,
        _file_leaves,
    ),
    FlowRule(
        Rule("secret-file-leaves", "The content of a file with secrets goes out over the network."),
        frozenset((Behaviour.READS_FILE,)),
        LEAVES,
        _named_file_leaves,
    ),
    FlowRule(
        Rule(
            "handed-secret-leaves",
            "A key, password, token or configuration that callers hand over goes to a host of somebody else.",
        ),
        frozenset((Behaviour.TAKES_SECRET,)),
        LEAVES,
        _handed_over_leaves,
    ),
    FlowRule(
        Rule("environment-leaves", "The environment, or a secret in it, goes out over the network."),
        frozenset((Behaviour.READS_ENVIRONMENT,)),
        LEAVES,
        _environment_leaves,
    ),
    FactRule(
        Rule("secret-file-read", "Code reads a file in which secrets lie: keys, browsers' profiles, wallets."),
        (Behaviour.READS_SECRET_FILE,),
        _reads_secrets,
    ),
    FactRule(
        Rule("gathered-and-sent", "When the package is loaded, one file reads secrets and another sends."),
        (Behaviour.SENDS,),
        _gathered,
    ),
    FlowRule(
        Rule("clipboard-replaced", "What lies on the clipboard is read and replaced."),
        frozenset((Behaviour.READS_CLIPBOARD,)),
        frozenset((Behaviour.WRITES_CLIPBOARD,)),
        _swaps,
    ),
    FactRule(
        Rule("clipboard-wallet", "Code that knows wallets' addresses writes to the clipboard."),
        (Behaviour.WRITES_CLIPBOARD,),
        _writes_clipboard,
    ),
    FlowRule(
        Rule("clipboard-leaves", "What lies on the clipboard goes out over the network."),
        frozenset((Behaviour.READS_CLIPBOARD,)),
        LEAVES,
        _clipboard_leaves,
    ),
    *inputs.RULES,
    FactRule(
        Rule("wallet-replaced", "Code that knows wallets' addresses takes the place of a global function."),
        (Behaviour.REPLACES_GLOBAL,),
        _replaces,
    ),
    FlowRule(
        Rule("replaced-global-leaves", "What passes through a replaced global function goes out over the network."),
        frozenset((Behaviour.REPLACES_GLOBAL,)),
        LEAVES,
        _replacement_leaves,
    ),
    HitRule(
        Rule("wallet-drained", "A transfer from the visitor's wallet goes to an address that the code holds."),
        "wallet_transfer",
        lambda _scanned, _path, moment: by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment],
    ),
    HitRule(
        Rule("key-search", "Code that reads this machine's files or variables looks for keys in them, and sends."),
        "key_patterns",
        _looks_for_keys,
    ),
    HitRule(
        Rule("chat-token-search", "The file looks for login tokens of a chat program."),
        "chat_token_pattern",
        _steals_tokens,
    ),
)
