"""Secrets at rest: encrypted with Fernet, so that keys can be changed without losing what is kept."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from adapters.errors import NotAllowed

ENCRYPTION_KEY = "TRIGRAPH_ENCRYPTION_KEY"
COMMAND = "trigraph encryption-key"


class WrongKey(Exception):
    """What is kept was encrypted with a key that is no longer among the keys."""


class Vault:
    """Encrypts with the first of `keys` and decrypts with all; raises ValueError for a key that is not Fernet's."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([_fernet(key, number) for number, key in enumerate(keys, 1)]) if keys else None

    def encrypt(self, secret: bytes) -> bytes:
        """Encrypt; raises NotAllowed where there is no key."""
        if self._fernet is None:
            message = f"No secret can be kept without a key: make one by `{COMMAND}` and set {ENCRYPTION_KEY} to it"
            raise NotAllowed("not_allowed", message)
        return self._fernet.encrypt(secret)

    def decrypt(self, kept: bytes) -> bytes:
        """Decrypt what was encrypted with any of the keys; raises WrongKey with what to do."""
        if self._fernet is None:
            raise WrongKey(f"What is kept was encrypted: set {ENCRYPTION_KEY} to the key that it was encrypted with")
        try:
            return self._fernet.decrypt(kept)
        except InvalidToken:
            message = f"None of the keys in {ENCRYPTION_KEY} decrypts what is kept: add the one that it was kept with"
            raise WrongKey(message) from None


def new_encryption_key() -> str:
    """Make a key: 32 random bytes in URL-safe Base64."""
    return Fernet.generate_key().decode()


def _fernet(key: str, number: int) -> Fernet:
    try:
        return Fernet(key.strip())
    except ValueError:
        message = f"Key {number} of {ENCRYPTION_KEY} is not 32 bytes in URL-safe Base64: make one by `{COMMAND}`"
        raise ValueError(message) from None
