"""npm's own configuration: `.npmrc` of the project, the user and the machine, and `npm_config_…` in the environment."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.sigil.local.registry.addresses import basic, parted
from adapters.sigil.local.registry.material import NPM_REGISTRY, Credential, NpmConfiguration

_VARIABLE = re.compile(r"\$\{([^}?]+)(\??)\}")
_SECRET_KEY = re.compile(r"//(.+?)/?:(_authToken|_auth|username|_password)")
_MACHINE_FILES = ("/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc")


def npm_configuration(environment: Mapping[str, str], home: Path, folder: Path, registry: str = "") -> NpmConfiguration:
    """Read what npm would use in `folder`; `registry`, if given, stands in for the one that npm has configured.

    Files that are missing or unreadable count as empty. Raises `InvalidInput` for an address that is none.
    """
    options: dict[str, str] = {}
    for path in _files(environment, home, folder):
        options |= _options(path, environment)
    options |= _from_environment(environment)
    name = "TRIGRAPH_NPM_REGISTRY" if registry else "npm's registry"
    default, credentials = parted(registry or options.get("registry") or NPM_REGISTRY, name)
    scopes = {}
    for key, value in options.items():
        if key.startswith("@") and key.endswith(":registry"):
            scopes[key.removesuffix(":registry")], found = parted(value, f"npm's {key}")
            credentials += found
    return NpmConfiguration(default, scopes, (*_credentials(options), *credentials))


def _files(environment: Mapping[str, str], home: Path, folder: Path) -> Iterator[Path]:
    """Give the files, those that win last."""
    settings = {key.lower(): value for key, value in environment.items()}
    machine = settings.get("npm_config_globalconfig")
    prefix = settings.get("npm_config_prefix") or environment.get("PREFIX")
    yield from map(Path, [machine] if machine else [f"{prefix}/etc/npmrc"] if prefix else _MACHINE_FILES)
    yield Path(settings.get("npm_config_userconfig") or home / ".npmrc")
    around = (folder, *folder.parents)
    project = next((at for at in around if (at / "package.json").exists() or (at / "node_modules").exists()), folder)
    if project != home:
        yield project / ".npmrc"


def _options(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    options = {}
    for line in lines:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith((";", "#")):
            options[_filled(key.strip(), environment)] = _filled(_unquoted(value.strip()), environment)
    return options


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    options = {}
    for key, value in environment.items():
        if key.lower().startswith("npm_config_") and value:
            name = key[len("npm_config_") :]
            options[name if name.startswith(("//", "@")) else name.lower().replace("_", "-")] = value
    return options


def _credentials(options: Mapping[str, str]) -> Iterator[Credential]:
    secrets: dict[str, dict[str, str]] = {}
    for key, value in options.items():
        if found := _SECRET_KEY.fullmatch(key):
            secrets.setdefault(found[1].lower(), {})[found[2]] = value
    for place, known in secrets.items():
        if authorization := _authorization(known):
            yield Credential(f"{place}/", authorization)


def _authorization(known: Mapping[str, str]) -> str | None:
    if token := known.get("_authToken"):
        return f"Bearer {token}"
    if "username" in known and "_password" in known:
        try:
            return basic(known["username"], base64.b64decode(known["_password"], validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            return None
    return f"Basic {known['_auth']}" if known.get("_auth") else None


def _filled(text: str, environment: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return environment.get(found[1], "" if found[2] else found[0])

    return _VARIABLE.sub(value, text)


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else re.split(r"\s[;#]", value, maxsplit=1)[0].rstrip()
