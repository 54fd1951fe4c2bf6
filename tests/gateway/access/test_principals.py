"""Keys and whose they are, and who is let in without one."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from adapters.keys import digest_of
from gateway.access.principals import Keyring, is_loopback, new_key, read_keyring, refuse_open_service
from gateway.configuration.settings import Settings, SettingsError

KEY = "tg_0123456789_0123456789"


def keyring(entries: str) -> Keyring:
    return read_keyring(Settings(api_keys=entries))


def test_a_key_may_be_kept_plain_or_as_a_digest() -> None:
    """Both ways of writing an entry let the same key in, and the keyring holds no key."""
    plain, hashed = keyring(f"alice={KEY}"), keyring(f"alice=sha256:{digest_of(KEY)}")
    assert plain == hashed
    assert plain.principals[digest_of(KEY)].id == "alice"
    assert KEY not in repr(plain)


def test_an_entry_carries_tenant_tier_and_roles() -> None:
    """What is not said is the caller's own tenant, the tier pro and the role admin."""
    ring = keyring(f"alice={KEY}, bob={KEY[::-1]};tenant=acme;tier=free;roles=reader+auditor,")
    alice, bob = ring.principals[digest_of(KEY)], ring.principals[digest_of(KEY[::-1])]
    assert (alice.tenant, alice.tier, alice.roles) == ("alice", "pro", ("admin",))
    assert (bob.tenant, bob.tier, bob.roles) == ("acme", "free", ("reader", "auditor"))
    assert alice.key != bob.key


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (KEY, "entry 1 is not `NAME=KEY`"),
        (f"alice={KEY},={KEY}", "entry 2 is not"),
        (f"alice={KEY},bob=", "entry 2 is not"),
        (f"al ice={KEY}", "entry 1 is not"),
        ("alice=0123456789", "the key of 'alice' is shorter than 20"),
        (f"alice={KEY},bob={KEY}", "names 'bob' or its key twice"),
        (f"alice={KEY},alice={KEY[::-1]}", "names 'alice' or its key twice"),
        (f"alice={KEY},bob=sha256:{digest_of(KEY)}", "names 'bob' or its key twice"),
        (f"alice=sha256:{digest_of(KEY).upper()}", "the digest of 'alice' is not 64 hex digits"),
        (f"alice=sha256:{digest_of(KEY)[:63]}", "the digest of 'alice' is not 64 hex digits"),
        (f"alice={KEY};tier=gold", "has the tier 'gold': choose from free"),
        (f"alice={KEY};tenant=", "'alice' has a tenant or a role that is not 1 to 64 letters"),
        (f"alice={KEY};tenant={'a' * 65}", "'alice' has a tenant or a role that is not 1 to 64 letters"),
        (f"alice={KEY};roles=admin+", "'alice' has a tenant or a role that is not 1 to 64 letters"),
        (f"alice={KEY};teir=free", "has ['teir']: use tenant, tier and roles"),
    ],
)
def test_a_wrong_entry_is_named_without_its_key(entries: str, said: str) -> None:
    """The sentence names the setting and the entry, and shows nothing of any key."""
    with pytest.raises(SettingsError) as failed:
        keyring(entries)
    message = str(failed.value)
    assert message.startswith("TRIGRAPH_API_KEYS")
    assert said in message
    assert KEY not in message
    assert "0123456789" not in message


def test_a_new_key_is_long_and_new() -> None:
    """Two keys differ, and each is accepted by the ring."""
    one, other = new_key(), new_key()
    assert one != other
    assert keyring(f"alice={one}").principals[digest_of(one)].id == "alice"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("0", False),
        ("192.168.1.1", False),
        ("127.0.0.1.example.com", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    """What can be reached from elsewhere, or is not surely this machine, is no loopback."""
    assert is_loopback(host) is expected


def test_an_open_service_is_refused_without_keys() -> None:
    """The sentence names both settings that would mend it; with a key the same address is fine."""
    settings = Settings(host="0.0.0.0")
    with pytest.raises(SettingsError, match=r"TRIGRAPH_HOST is '0\.0\.0\.0'.*TRIGRAPH_API_KEYS"):
        refuse_open_service(settings, keyring(""))
    refuse_open_service(settings, keyring(f"alice={KEY}"))
    refuse_open_service(Settings(host="::1"), keyring(""))


def test_nobody_may_be_named_as_who_calls_without_keys() -> None:
    """Otherwise that key would see all that was made before there were keys."""
    with pytest.raises(SettingsError, match="take another name"):
        read_keyring(Settings(api_keys=SecretStr("local=" + "k" * 32)))
