"""The vocabulary of what code does: kinds of behaviour, and the ways data takes between them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Behaviour(StrEnum):
    """Something that a piece of code does, whatever its language."""

    READS_ENVIRONMENT = "reads_environment"  # all of it, or a variable that holds a secret
    READS_SECRET_FILE = "reads_secret_file"  # noqa: S105 - .npmrc, .ssh, .aws, browser profiles, wallets, keychains
    READS_FILE = "reads_file"
    READS_CLIPBOARD = "reads_clipboard"
    WRITES_CLIPBOARD = "writes_clipboard"
    READS_SYSTEM = "reads_system"  # host name, user, addresses, platform
    READS_INPUT = "reads_input"  # keystrokes, screenshots, form fields
    READS_METADATA_SERVICE = "reads_metadata_service"  # 169.254.169.254 and its like
    DECODES = "decodes"  # base64, hex, gzip, XOR, char codes
    ENCODES = "encodes"
    DOWNLOADS = "downloads"
    SENDS = "sends"  # data leaves: HTTP with a body or query, socket, webhook
    LOOKS_UP_NAME = "looks_up_name"  # DNS with a name that is put together
    CONNECTS_BACK = "connects_back"  # a socket joined to a shell
    WRITES_FILE = "writes_file"
    MAKES_EXECUTABLE = "makes_executable"
    WRITES_STARTUP = "writes_startup"  # cron, systemd, launch agents, Run keys, shell profiles, .pth
    CHANGES_PACKAGES = "changes_packages"  # other packages' files, package.json, publishing, repositories, workflows
    RUNS_PROCESS = "runs_process"
    RUNS_SHELL = "runs_shell"  # a command line: its text is the detail
    RUNS_CODE = "runs_code"  # eval, exec, Function, vm, compile, marshal, pickle of data
    IMPORTS_DYNAMICALLY = "imports_dynamically"  # a module whose name is computed
    REPLACES_GLOBAL = "replaces_global"  # fetch, XMLHttpRequest, wallet objects, prototypes, builtins
    HIDES = "hides"  # detached or hidden process, silenced errors around it, anti-debugging, sandbox checks
    DELETES_FILES = "deletes_files"  # widely: home, root, a tree that is computed
    LISTS_FILES = "lists_files"  # a folder or tree is gone through: where it begins is the detail
    RUINS_FILES = "ruins_files"  # removes, empties or overwrites what was found by going through folders
    HOLDS_CODE = "holds_code"  # a text that is code which talks to others or runs something
    TAKES_REQUEST = "takes_request"  # what a client of a server in the code asks for or sends
    REPLACES_METHOD = "replaces_method"  # another library's function, the language's, or a hook: what it is handed
    LOADS_LIBRARY = "loads_library"  # machine code of a file: rundll32, regsvr32, dlopen
    COPIES_MAIL = "copies_mail"  # a fixed address gets a copy of every message: it is the detail
    TAKES_SECRET = "takes_secret"  # noqa: S105 - a parameter whose name says that callers hand over a secret


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a file: `line` counts from 1, `snippet` is its code, at most 500 characters.

    `detail` is what is concerned where the code says so: a host, a command, a path, a variable's name. `at_load` says
    that it happens when the module is loaded, not only when somebody calls something.
    """

    behaviour: Behaviour
    line: int
    snippet: str
    detail: str = ""
    at_load: bool = False


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Data that goes from one fact to another, through assignments, calls and returns.

    It is told with the file of its sink; its source may stand in another file of the package.
    """

    source: Fact
    sink: Fact


class CodeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file does: `facts` and `flows` by line, `imports` the modules it names, `strings` long or telling ones.

    `hands_out` says that the file gives others what runs code, in a table or under another name; `parsed` is False
    where it is no code of its language, so that nothing can be said of it.
    """

    facts: tuple[Fact, ...] = ()
    flows: tuple[Flow, ...] = ()
    imports: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    hands_out: bool = False
    parsed: bool = True
