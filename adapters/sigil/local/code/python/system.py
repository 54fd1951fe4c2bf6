"""The machine and its user: environment, host, clipboard, keys and screens, the registry of Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.lookups import variable
from adapters.sigil.local.code.python.values import Arguments, Value, joined, sources_of
from adapters.sigil.local.code.telling import startup_path
from adapters.sigil.local.code.telling_places import MACHINE_CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_RUNNABLE = frozenset({5, 7})
_CLOUDS = {"boto": "amazonaws", "google.": "google", "azure.": "azure microsoft windows"}
"""Words of the hosts that the credentials found by a library are meant for, by how its name begins."""
_AZURE_LOGINS = (
    "DefaultAzureCredential",
    "ManagedIdentityCredential",
    "EnvironmentCredential",
    "AzureCliCredential",
    "AzurePowerShellCredential",
    "AzureDeveloperCliCredential",
    "VisualStudioCodeCredential",
    "SharedTokenCacheCredential",
    "WorkloadIdentityCredential",
    "ChainedTokenCredential",
)


def one_variable(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a variable of the environment, by its name."""
    found = variable(machine, node, arguments.get(0, "key") or Value())
    default = arguments.get(1, "default")
    return found if default is None else Value(template=found.text, sources=found.sources | default.sources)


def whole_environment(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Take all variables, taken one by one or as text."""
    del arguments
    return Value(sources=machine.source_value(Behaviour.READS_ENVIRONMENT, node, "*"))


def identity(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Tell who and where one is: host, user, network address."""
    return Value(template=f"{{{callee.name}}}", sources=machine.source_value(Behaviour.READS_SYSTEM, node, callee.name))


def surroundings(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Tell what kind of system this is: telling only where it goes somewhere."""
    sources = machine.source_value(Behaviour.READS_SYSTEM, node, callee.name, latent=True)
    return Value(name=f"{callee.name}()", template=f"{{{callee.name}}}", sources=sources)


def clipboard_read(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Give the clipboard is read; what the same function puts there afterwards answers to it."""
    sources = machine.source_value(Behaviour.READS_CLIPBOARD, node, callee.name)
    machine.clipboard[id(machine.scope)] = sources
    return Value(sources=sources)


def clipboard_written(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow something is put on the clipboard."""
    answered = machine.clipboard.get(id(machine.scope), frozenset())
    machine.sink(
        Behaviour.WRITES_CLIPBOARD, node, sources_of(arguments.every()) | answered, joined(arguments.every(), " ")
    )
    return Value()


def observed(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow keystrokes, screen, camera or microphone."""
    return Value(name=f"{callee.name}()", sources=machine.source_value(Behaviour.READS_INPUT, node, callee.name))


def password(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow a password that the user is asked for."""
    return Value(sources=machine.source_value(Behaviour.TAKES_SECRET, node, f"password {callee.name}", latent=True))


def stored(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow what a browser or a keychain keeps for its user: telling only where it goes somewhere."""
    return Value(sources=machine.source_value(Behaviour.READS_SECRET_FILE, node, callee.name, latent=True))


def found_credentials(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow what a cloud's own library finds to log in with: telling only where it goes somewhere else."""
    service = next(service for start, service in _CLOUDS.items() if callee.name.startswith(start))
    detail = f"{service} {callee.name}"
    return Value(sources=machine.source_value(Behaviour.READS_SECRET_FILE, node, detail, latent=True) | callee.sources)


def library(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow machine code that is loaded from a file."""
    path = arguments.get(0, "name") or Value()
    machine.sink(Behaviour.LOADS_LIBRARY, node, path.sources, path.text)
    return Value(name=f"{callee.name}()")


def mapped(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow memory that a file or nothing is mapped to: what may be run there is machine code."""
    prot = arguments.get(3, "prot") or Value()
    if "PROT_EXEC" in machine.code(node) or prot.constant in _RUNNABLE:
        machine.record(Behaviour.RUNS_CODE, node, MACHINE_CODE)
    return Value(name=f"{callee.name}()")


def registry_key(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a key of the registry, known by its path."""
    return Value(name="registry()", template=joined(arguments.every(), " "))


def registry_set(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """Follow a value in the registry; under a Run key it starts with the session."""
    text = joined(arguments.every(), " ")
    if startup_path(text) or "\\Run" in text:
        machine.sink(Behaviour.WRITES_STARTUP, node, sources_of(arguments.every()), text)
    return Value()


def hidden(machine: Machine, node: Node, callee: Value, _arguments: Arguments) -> Value:
    """Follow a window is hidden, or a debugger looked for."""
    machine.record(Behaviour.HIDES, node, callee.name)
    return Value()


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **dict.fromkeys(("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenvb"),
        one_variable),
    **dict.fromkeys(("os.environ.items", "os.environ.values"), whole_environment),
    **dict.fromkeys(
        ("socket.gethostname", "socket.getfqdn", "getpass.getuser", "platform.node", "os.getlogin", "uuid.getnode",
            "os.uname",
         "platform.uname", "psutil.users", "pwd.getpwuid", "win32api.GetUserName", "netifaces.interfaces"),
        identity,
    ),
    **dict.fromkeys(
        ("platform.system", "platform.platform", "platform.version", "platform.release", "platform.machine",
            "os.getcwd",
         "platform.processor", "os.getuid", "os.cpu_count", "platform.python_version", "os.path.expanduser.",
         "psutil.process_iter"),
        surroundings,
    ),
    **dict.fromkeys(("pyperclip.paste", "clipboard.paste", "win32clipboard.GetClipboardData",
        "tkinter.Tk().clipboard_get",
                     "PIL.ImageGrab.grabclipboard"), clipboard_read),
    **dict.fromkeys(("pyperclip.copy", "clipboard.copy", "win32clipboard.SetClipboardData",
        "win32clipboard.SetClipboardText",
                     "tkinter.Tk().clipboard_append"), clipboard_written),
    **dict.fromkeys(
        ("pynput.keyboard.Listener", "pynput.mouse.Listener", "keyboard.on_press", "keyboard.on_release",
            "keyboard.hook",
         "keyboard.record", "keyboard.read_event", "PIL.ImageGrab.grab", "pyautogui.screenshot", "mss.mss().grab",
         "mss.mss().shot",
         "pyscreenshot.grab", "cv2.VideoCapture().read", "sounddevice.rec"),
        observed,
    ),
    "mmap.mmap": mapped,
    "getpass.getpass": password,
    **dict.fromkeys(("keyring.get_password", "keyring.get_credential", "browser_cookie3.load",
        "win32crypt.CryptUnprotectData"), stored),
    **dict.fromkeys(("secretstorage.get_default_collection().get_all_items", "keyring.get_keyring().get_password",
        "keyring.get_keyring().get_credential"), stored),
    **dict.fromkeys(
        ("boto3.Session().get_credentials", "boto3.session.Session().get_credentials",
         "boto3._get_default_session().get_credentials", "boto3.DEFAULT_SESSION.get_credentials",
         "botocore.session.Session().get_credentials", "botocore.session.get_session().get_credentials",
         "botocore.credentials.create_credential_resolver().load_credentials", "boto3.client().get_session_token",
         "boto3.client().assume_role", "google.auth.default", "google.auth.load_credentials_from_file",
         "google.auth._default.default", "google.auth.compute_engine.Credentials"),
        found_credentials,
    ),
    **{f"{module}.{login}().{method}": found_credentials for module in ("azure.identity", "azure.identity.aio")
        for login in _AZURE_LOGINS for method in ("get_token", "get_token_info")},
    **{f"browser_cookie3.{browser}": stored for browser in ("chrome", "firefox", "edge", "brave", "opera", "safari")},
    **dict.fromkeys(("ctypes.CDLL", "ctypes.WinDLL", "ctypes.PyDLL", "ctypes.OleDLL", "ctypes.cdll.LoadLibrary",
        "ctypes.windll.LoadLibrary"), library),
    **{f"winreg.{name}": registry_key for name in ("OpenKey", "OpenKeyEx", "CreateKey", "CreateKeyEx")},
    **{f"winreg.{name}": registry_set for name in ("SetValueEx", "SetValue")},
    **dict.fromkeys(
        ("ctypes.windll.user32.ShowWindow", "ctypes.windll.kernel32.IsDebuggerPresent", "win32gui.ShowWindow",
         "ctypes.windll.kernel32.CheckRemoteDebuggerPresent", "ctypes.windll.kernel32.SetFileAttributesW"),
        hidden,
    ),
}  # fmt: skip
