"""Phase three: data that leaves the machine, and doors opened to it."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Place, host_of
from adapters.sigil.local.code.telling_mail import added_recipient
from adapters.sigil.local.code.telling_places import unknown_root, wide_root
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
    SECRETS,
    TRIVIAL,
    address_of,
    belongs_to,
    by_mail,
    foreign,
    hides_address,
    hostile_address,
    identifies,
    known_host,
    names_secret_files,
    trusted,
)
from adapters.sigil.models import Finding

_TAKEN = SECRETS | {Behaviour.READS_SYSTEM, Behaviour.READS_FILE, Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS}
_OWN_FILE = re.compile(r"package\.json|pyproject\.toml|VERSION|__file__|__dirname|README|LICENSE", re.IGNORECASE)
_REPOSITORY_COMMAND = re.compile(
    r"\s*(?:git|hg|svn|jj)\s+(?:-\S+\s+)*(?:log|describe|rev-parse|rev-list|status|diff|shortlog|tag|branch|show|ls-files)\b"
)
_NAMES_REPOSITORY = re.compile(r"\s*git\s+(?:remote\s+get-url|rev-parse|describe|branch|tag|symbolic-ref)\b")
_CODE_HOSTS = re.compile(
    r"https://(?:[\w-]+\.)*(?:github|gitlab|bitbucket|codeberg|gitea|azure|visualstudio)\.(?:com|org)(?=[:/]|$)",
    re.IGNORECASE,
)
_BLIND_COPY = re.compile(rb"Bcc:\s{0,3}([\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[a-z]{2,24})")
_HIDDEN_RECIPIENT = Rule(
    "hidden-recipient", "A fixed address of somebody else gets a copy of each message that others write."
)
_CHAT = frozenset((Place.WEBHOOK,))


def network_exfil(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what of the machine goes out over the network, and where to."""
    return found(scanned, _RULES)


def _to_hostile(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if not hostile_address(flow.sink) or flow.sink.behaviour is Behaviour.LOOKS_UP_NAME:
        return None
    if flow.source.behaviour is Behaviour.READS_FILE:
        own = _OWN_FILE.search(flow.source.detail)
        return by_moment(CERTAIN, BAD if own else CERTAIN, WEAK)[moment]
    if flow.source.behaviour is Behaviour.READS_ENVIRONMENT and belongs_to(flow):
        return by_moment(DOUBTFUL, WEAK, NOTE)[moment]
    if flow.source.behaviour is Behaviour.READS_SYSTEM and not identifies(flow.source):
        return by_moment(BAD, SUSPICIOUS, WEAK)[moment]
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


def _by_name_lookup(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if flow.source.behaviour is Behaviour.READS_FILE:
        return by_moment(CERTAIN, SUSPICIOUS, HINT)[moment]
    if flow.source.behaviour is not Behaviour.READS_SECRET_FILE and "." not in flow.sink.detail.rstrip("."):
        return HINT
    if flow.source.behaviour is Behaviour.READS_ENVIRONMENT and "." not in flow.sink.detail:
        return NOTE
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


def _identity_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.sink) or flow.sink.behaviour is Behaviour.LOOKS_UP_NAME:
        return None
    if not identifies(flow.source):
        return NOTE
    if not known_host(flow.sink) or trusted(scanned, flow.sink):
        return by_moment(DOUBTFUL, WEAK, NOTE)[moment]
    return by_moment(BAD, CERTAIN, HINT)[moment]


def _file_leaves(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.sink) or not known_host(flow.sink) or trusted(scanned, flow.sink):
        return None
    if _OWN_FILE.search(flow.source.detail):
        return by_moment(WEAK, NOTE, NOTE)[moment]
    if by_mail(flow.sink):
        return by_moment(CERTAIN, CERTAIN, NOTE)[moment]
    if names_secret_files(scanned, path):
        return by_moment(CERTAIN, CERTAIN, HINT)[moment]
    return by_moment(BAD, SUSPICIOUS, NOTE)[moment]


def _output_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.sink) or flow.sink.behaviour is Behaviour.LOOKS_UP_NAME:
        return None
    told = _CODE_HOSTS.match(flow.sink.detail) or scanned.serves(flow.sink.detail)
    if told and _REPOSITORY_COMMAND.match(flow.source.detail):
        return NOTE
    sure = known_host(flow.sink) and not trusted(scanned, flow.sink)
    if sure and _NAMES_REPOSITORY.match(flow.source.detail):
        return by_moment(BAD, DOUBTFUL, NOTE)[moment]
    return by_moment(CERTAIN, CERTAIN if sure else GRAVE, HINT)[moment]


def _folders_leave(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    sure = hostile_address(flow.sink) or (known_host(flow.sink) and not trusted(scanned, flow.sink))
    if wide_root(flow.source.detail):
        called = SUSPICIOUS if hostile_address(flow.sink) else HINT
        return by_moment(CERTAIN, CERTAIN if sure else GRAVE, called)[moment]
    return by_moment(SUSPICIOUS, DOUBTFUL, NOTE)[moment] if sure and unknown_root(flow.source.detail) else None


def _names_hostile(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not hostile_address(fact):
        return None
    if address_of(fact) in _CHAT:
        return by_moment(BAD, SUSPICIOUS, NOTE)[moment]
    return by_moment(BAD, SUSPICIOUS, HINT)[moment]


def _fetches_hostile(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(SUSPICIOUS, SUSPICIOUS, HINT)[moment] if hostile_address(fact) else None


def _opens_shell(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(CERTAIN, CERTAIN, CERTAIN if known_host(fact) else GRAVE)[moment]


def _asks_metadata(_scanned: Scanned, _path: str, _fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(BAD, SUSPICIOUS, NOTE)[moment]


def _metadata_leaves(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if address_of(flow.sink) is Place.METADATA:
        return None
    return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment]


def _tap_leaves(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    own = host_of(flow.source.detail)
    if own and own == host_of(flow.sink.detail):
        return None
    if hostile_address(flow.sink):
        return by_moment(CERTAIN, CERTAIN, BAD)[moment]
    called = CERTAIN if scanned.code_bytes < TRIVIAL else DOUBTFUL
    return by_moment(CERTAIN, CERTAIN, called)[moment] if foreign(scanned, flow.sink) else None


def _copies(scanned: Scanned, _path: str, fact: Fact, _moment: Moment) -> Judgement | None:
    return None if scanned.serves(fact.detail) else CERTAIN


def _copies_as_text(scanned: Scanned, path: str, _moment: Moment) -> Judgement | None:
    named = (match[1].decode() for match in _BLIND_COPY.finditer(scanned.contents[path]))
    domains = filter(None, (added_recipient("bcc", [address]) for address in named))
    return None if all(map(scanned.serves, domains)) else CERTAIN


def _hidden_address(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if not hides_address(scanned, path, flow):
        return None
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


_RULES = (
    FlowRule(
        Rule("data-to-drop-point", "Data of the machine goes to a webhook, paste, tunnel, catcher or bare address."),
        _TAKEN,
        LEAVES,
        _to_hostile,
    ),
    FlowRule(
        Rule("dns-exfiltration", "Data of the machine is put into a host name that is looked up."),
        _TAKEN,
        frozenset((Behaviour.LOOKS_UP_NAME,)),
        _by_name_lookup,
    ),
    FlowRule(
        Rule("identity-leaves", "Code tells somebody which machine and which user it runs for."),
        frozenset((Behaviour.READS_SYSTEM,)),
        LEAVES,
        _identity_leaves,
    ),
    FlowRule(
        Rule("file-leaves", "The content of a file goes out over the network."),
        frozenset((Behaviour.READS_FILE,)),
        frozenset((Behaviour.SENDS,)),
        _file_leaves,
    ),
    FlowRule(
        Rule("folders-leave", "A walk through somebody's folders, or what it finds there, goes out over the network."),
        frozenset((Behaviour.LISTS_FILES,)),
        LEAVES,
        _folders_leave,
    ),
    FlowRule(
        Rule("command-output-leaves", "What a command prints goes out over the network."),
        frozenset((Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS)),
        LEAVES,
        _output_leaves,
    ),
    FlowRule(
        Rule("metadata-leaves", "Credentials of a cloud's metadata service go elsewhere."),
        frozenset((Behaviour.READS_METADATA_SERVICE,)),
        LEAVES,
        _metadata_leaves,
    ),
    FlowRule(
        Rule(
            "replaced-function-leaves",
            "What is handed to another library's replaced function or hook goes out as well.",
        ),
        frozenset((Behaviour.REPLACES_METHOD,)),
        LEAVES,
        _tap_leaves,
    ),
    FlowRule(
        Rule("hidden-address", "The address that code speaks to is written so that nobody reads it."),
        frozenset((Behaviour.DECODES,)),
        LEAVES | {Behaviour.DOWNLOADS},
        _hidden_address,
    ),
    FactRule(_HIDDEN_RECIPIENT, (Behaviour.COPIES_MAIL,), _copies),
    HitRule(_HIDDEN_RECIPIENT, "fixed_blind_copy", _copies_as_text),
    FactRule(Rule("reverse-shell", "A socket is joined to a shell."), (Behaviour.CONNECTS_BACK,), _opens_shell),
    FactRule(
        Rule("drop-point", "Code sends to a webhook, paste, tunnel, catcher or bare address."),
        (Behaviour.SENDS,),
        _names_hostile,
    ),
    FactRule(
        Rule("doubtful-download", "Code fetches from a paste, tunnel, catcher or bare address."),
        (Behaviour.DOWNLOADS,),
        _fetches_hostile,
    ),
    FactRule(
        Rule("metadata-service", "Code asks a cloud's metadata service, which hands out credentials."),
        (Behaviour.READS_METADATA_SERVICE,),
        _asks_metadata,
    ),
)
