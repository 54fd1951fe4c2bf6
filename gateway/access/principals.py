"""Who may call by the settings: API keys, kept as digests."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.keys import digest_of
from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.configuration.settings import Settings, SettingsError

TIERS = ("free", "pro", "team", "enterprise")
KEY_LENGTH = 20
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


@dataclass(frozen=True)
class Keyring:
    """The principals by the digest of their key."""

    principals: Mapping[str, Principal]

    @property
    def tenants(self) -> Mapping[str, str]:
        """The tenants by the names of their callers."""
        return {principal.name: principal.tenant for principal in self.principals.values()}

    async def principal_of(self, credential: str) -> Principal | None:
        """Say whose a key is."""
        return self.principals.get(digest_of(credential))

    async def closes_the_door(self) -> bool:
        """Say whether there is any key."""
        return bool(self.principals)


def new_key() -> str:
    """Make a key of 256 random bits."""
    return f"tg_{secrets.token_urlsafe(32)}"


def new_entry(name: str) -> tuple[str, str]:
    """Make a key, and the entry that lets it in; raises SettingsError for a name that no entry can hold."""
    if not NAME.match(name):
        raise SettingsError(
            f"TRIGRAPH_API_KEYS can't hold the name {name!r}: use up to 64 letters, digits, dots, dashes, underscores"
        )
    key = new_key()
    return key, f"{name}=sha256:{digest_of(key)}"


def read_keyring(settings: Settings) -> Keyring:
    """Read the keys: `NAME=KEY` or `NAME=sha256:DIGEST`, each with `;tenant=…;tier=…;roles=…+…` where wanted.

    Raises SettingsError, naming the entry by its name and never showing a key.
    """
    principals: dict[str, Principal] = {}
    entries = [entry.strip() for entry in settings.api_keys.get_secret_value().split(",") if entry.strip()]
    for position, entry in enumerate(entries, start=1):
        digest, principal = _principal(entry, position)
        if digest in principals or principal.id in {known.id for known in principals.values()}:
            raise SettingsError(f"TRIGRAPH_API_KEYS names {principal.name!r} or its key twice: remove one of them")
        principals[digest] = principal
    return Keyring(principals)


def refuse_open_service(settings: Settings, keyring: Keyring) -> None:
    """Raise SettingsError where anyone on the network could call a served service without a key."""
    if keyring.principals or is_loopback(settings.host):
        return
    raise SettingsError(
        f"TRIGRAPH_HOST is {settings.host!r}, which others can reach, and TRIGRAPH_API_KEYS is empty, so everyone "
        "could do everything: set TRIGRAPH_API_KEYS (`trigraph keys entry NAME` makes one), or listen on 127.0.0.1"
    )


def is_loopback(host: str) -> bool:
    """Say whether an address to listen on is only reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _principal(entry: str, position: int) -> tuple[str, Principal]:
    name, _, rest = entry.partition("=")
    key, *attributes = rest.split(";")
    if not NAME.match(name) or not key:
        raise SettingsError(
            f"TRIGRAPH_API_KEYS: entry {position} is not `NAME=KEY`; `trigraph keys entry NAME` prints one"
        )
    if name == LOCAL_PRINCIPAL.id:
        raise SettingsError(f"TRIGRAPH_API_KEYS: {name!r} is who calls where there are no keys: take another name")
    given = {attribute.partition("=")[0]: attribute.partition("=")[2] for attribute in attributes}
    if unknown := given.keys() - {"tenant", "tier", "roles"}:
        raise SettingsError(f"TRIGRAPH_API_KEYS: {name!r} has {sorted(unknown)}: use tenant, tier and roles")
    tier = given.get("tier", "pro")
    if tier not in TIERS:
        raise SettingsError(f"TRIGRAPH_API_KEYS: {name!r} has the tier {tier!r}: choose from {', '.join(TIERS)}")
    tenant, roles = given.get("tenant", name), tuple(given.get("roles", "admin").split("+"))
    if not all(map(NAME.match, (tenant, *roles))):
        raise SettingsError(
            f"TRIGRAPH_API_KEYS: {name!r} has a tenant or a role that is not 1 to 64 letters, digits, dots, dashes, "
            "underscores: leave it out, or name one, as in `;tenant=acme;roles=admin+auditor`"
        )
    stored = _DIGEST.match(key)
    if stored is None and key.startswith("sha256:"):
        raise SettingsError(f"TRIGRAPH_API_KEYS: the digest of {name!r} is not 64 hex digits in lower case")
    if stored is None and len(key) < KEY_LENGTH:
        raise SettingsError(
            f"TRIGRAPH_API_KEYS: the key of {name!r} is shorter than {KEY_LENGTH}: use `trigraph keys entry {name}`"
        )
    digest = stored.group(1) if stored else digest_of(key)
    principal = Principal(
        id=name,
        name=name,
        tenant=tenant,
        roles=roles,
        tier=tier,
        key=digest[:16],
    )
    return digest, principal
