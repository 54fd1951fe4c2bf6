from __future__ import annotations

import pytest

from adapters.errors import NotAllowed
from adapters.vault import Vault, WrongKey, new_encryption_key

SECRET = b"what nobody else may read"


def test_what_is_encrypted_is_decrypted_and_tells_nothing() -> None:
    """The same secret never looks the same twice."""
    vault = Vault((new_encryption_key(),))
    kept = vault.encrypt(SECRET)
    assert SECRET not in kept
    assert vault.encrypt(SECRET) != kept
    assert vault.decrypt(kept) == SECRET


def test_keys_can_be_changed() -> None:
    """A new key in front encrypts from then on, while the old one still decrypts what was kept before."""
    old, new = new_encryption_key(), new_encryption_key()
    kept = Vault((old,)).encrypt(SECRET)
    both = Vault((new, old))
    assert both.decrypt(kept) == SECRET
    assert Vault((new,)).decrypt(both.encrypt(SECRET)) == SECRET


def test_without_a_key_nothing_is_kept() -> None:
    """The refusal names the setting and the command that makes a key."""
    with pytest.raises(NotAllowed) as refused:
        Vault(()).encrypt(SECRET)
    assert "TRIGRAPH_ENCRYPTION_KEY" in refused.value.message
    assert "trigraph encryption-key" in refused.value.message


@pytest.mark.parametrize("keys", [(), (new_encryption_key(),)])
def test_a_wrong_key_says_so(keys: tuple[str, ...]) -> None:
    """The error names the setting, and neither a key nor what is kept."""
    key = new_encryption_key()
    kept = Vault((key,)).encrypt(SECRET)
    with pytest.raises(WrongKey) as wrong:
        Vault(keys).decrypt(kept)
    assert "TRIGRAPH_ENCRYPTION_KEY" in str(wrong.value)
    assert not any(part in str(wrong.value) for part in (*keys, key, kept.decode()))


@pytest.mark.parametrize("malformed", ["", "short", "ü" * 44, "x" * 43, "A" * 48])
def test_a_malformed_key_is_refused_with_the_command(malformed: str) -> None:
    """The number tells which one it is, as the key itself is not repeated."""
    with pytest.raises(ValueError, match=r"Key 2 of TRIGRAPH_ENCRYPTION_KEY .*trigraph encryption-key") as refused:
        Vault((new_encryption_key(), malformed))
    assert not malformed or malformed not in str(refused.value)
