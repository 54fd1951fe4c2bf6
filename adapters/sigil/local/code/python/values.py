"""What is known of a value without running anything: a constant, a dotted name, parts, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tree_sitter import Node

Constant = str | bytes | int | float
NOTHING: frozenset[int] = frozenset()
LONGEST_CONSTANT = 4_000_000
_LONGEST_TEXT = 2000
_MOST_ITEMS = 200

_SAME_MODULES = {
    "urllib2": "urllib.request",
    "six.moves.urllib.request": "urllib.request",
    "pip._vendor.requests": "requests",
    "posix": "os",
    "nt": "os",
    "cPickle": "pickle",
    "_pickle": "pickle",
    "_socket": "socket",
    "_winreg": "winreg",
    "httplib": "http.client",
    "requests.sessions.Session()": "requests",
    "requests.Session()": "requests",
    "requests.session()": "requests",
    "requests.api": "requests",
    "httpx.Client()": "httpx",
    "httpx.AsyncClient()": "httpx",
    "aiohttp.ClientSession()": "aiohttp",
    "urllib3.PoolManager()": "urllib3",
    "urllib3.connection_from_url()": "urllib3",
    "requests_toolbelt.sessions.BaseUrlSession()": "requests",
    "requests_toolbelt.BaseUrlSession": "requests_toolbelt.sessions.BaseUrlSession",
    "cloudscraper.create_scraper()": "requests",
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib.WindowsPath": "pathlib.Path",
    "os.environb": "os.environ",
    "builtins": "",
    "__builtin__": "",
    "__builtins__": "",
    "socket.create_connection()": "socket.socket()",
    "Cryptodome": "Crypto",
}


@dataclass(slots=True, eq=False)
class Function:
    """A function of the file: `scope` is where it was defined, `owner` the class that it is a method of.

    A `computed` one is called by its mere being read, a `managed` one hands out what it yields as a context; one
    `of_class` is handed the class, one `by_host` is called by the framework that loads the package.
    """

    node: Node
    scope: Scope
    owner: int = 0
    telling: bool = True
    install_time: bool = False
    uses: int = 0
    result: Value | None = None
    computed: bool = False
    managed: bool = False
    of_class: bool = False
    by_host: bool = False


class Value(msgspec.Struct, eq=False):
    """What an expression gives; `template` stands for a text of which parts are unknown, these in braces.

    `sources` are numbers of facts, `path` is the file that a handle belongs to,
        `computed` says that a constant was put together.
    """

    constant: Constant | None = None
    name: str = ""
    template: str = ""
    sources: frozenset[int] = NOTHING
    items: tuple[Value, ...] | None = None
    entries: dict[str, Value] | None = None
    function: Function | None = None
    receiver: Value | None = None
    path: Value | None = None
    computed: bool = False
    instance_of: int = 0

    @property
    def text(self) -> str:
        """The value as text to show and to compare with patterns, at most 2,000 characters."""
        constant = self.constant
        if constant is None:
            return self.template or (f"{{{self.name}}}" if self.name else "{}")
        if isinstance(constant, bytes):
            return constant[:_LONGEST_TEXT].decode("latin-1")
        return str(constant)[:_LONGEST_TEXT]

    @property
    def member(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    def parts(self) -> tuple[Value, ...]:
        """Give the items of a list, or the value itself."""
        return (self,) if self.items is None else self.items


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, class or function."""

    at_load: bool
    parent: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)
    yields: bool = False
    owner: int = 0
    is_class: bool = False

    def find(self, name: str) -> Value | None:
        """Give the value that a name has here; a class's names are seen by itself alone."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None and (scope is self or not scope.is_class):
                return found
            scope = scope.parent
        return None

    def module(self) -> Scope:
        """Give the outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class Attributes:
    """What classes and modules hold by their owners' numbers and the names of what they hold."""

    __slots__ = ("_by_owner",)

    def __init__(self) -> None:
        self._by_owner: dict[int, dict[str, Value]] = {}

    def get(self, place: tuple[int, str]) -> Value | None:
        """Find what an owner has under a name."""
        return self.of(place[0]).get(place[1])

    def __setitem__(self, place: tuple[int, str], value: Value) -> None:
        self._by_owner.setdefault(place[0], {})[place[1]] = value

    def setdefault(self, place: tuple[int, str], value: Value) -> None:
        """Give an owner something under a name under which it has nothing yet."""
        self._by_owner.setdefault(place[0], {}).setdefault(place[1], value)

    def of(self, owner: int) -> Mapping[str, Value]:
        """Give all that an owner has."""
        return self._by_owner.get(owner, _NO_MEMBERS)

    def owners(self) -> tuple[int, ...]:
        """List all owners."""
        return tuple(self._by_owner)


_NO_MEMBERS: Mapping[str, Value] = {}


class Arguments(msgspec.Struct, eq=False):
    """What a call is given."""

    positional: list[Value] = msgspec.field(default_factory=list)
    keywords: dict[str, Value] = msgspec.field(default_factory=dict)

    def get(self, position: int, keyword: str = "") -> Value | None:
        """Follow an argument by its place or else by its keyword."""
        if position < len(self.positional):
            return self.positional[position]
        return self.keywords.get(keyword)

    def every(self) -> list[Value]:
        """Take all of them."""
        return [*self.positional, *self.keywords.values()]


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """Take one spelling for names that mean the same, e.g. `urllib2.urlopen` and `builtins.exec`."""
    for end in _ends(name):
        same = _SAME_MODULES.get(name[:end])
        if same is not None:
            return (same + name[end:]).lstrip(".")
    return name


def _ends(name: str) -> list[int]:
    ends = [position for position, character in enumerate(name[:80]) if character == "."]
    return [len(name), *reversed(ends)]


def sources_of(values: Iterable[Value]) -> frozenset[int]:
    """Give the facts that any of these come from; lists know those of their items, but for paths written since."""
    found: frozenset[int] = NOTHING
    for value in values:
        found |= value.sources
        if value.path is not None:
            found |= value.path.sources
        for item in value.items[:_MOST_ITEMS] if value.items else ():
            found |= item.sources
    return found


def joined(values: Iterable[Value], separator: str = "") -> str:
    """Give the texts of values one after the other, at most 2,000 characters."""
    return separator.join(value.text for value in values)[:_LONGEST_TEXT]
