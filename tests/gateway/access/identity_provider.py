"""An identity provider on loopback, and the keys that it signs with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gateway.access.json_web_tokens import JsonWebTokens
from gateway.access.signing_keys import SigningKeys
from gateway.configuration.settings import Settings, read_settings
from tests.adapters.conftest import Loopback

AUDIENCE = "trigraph"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = rsa.generate_private_key(65537, 2048)
WEAK = rsa.generate_private_key(65537, 1024)
PUBLIC = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key: Any, key_id: str, **more: str) -> dict[str, Any]:
    algorithm = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    kind: Any = next((found for wanted, found in algorithm.items() if isinstance(key, wanted)), OKPAlgorithm)
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": key_id, **more}


@dataclass
class Provider:
    """An identity provider on loopback."""

    server: Loopback

    @property
    def issuer(self) -> str:
        return self.server.url("", "127.0.0.1")

    def publish(self, *keys: dict[str, Any]) -> None:
        """Say which keys are good."""
        self.server.page("/keys", msgspec.json.encode({"keys": keys}), "application/json")

    def configure(self, **changed: str) -> None:
        """Say where the keys are."""
        told = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **changed}
        self.server.page("/.well-known/openid-configuration", msgspec.json.encode(told), "application/json")

    def fetches(self) -> int:
        """Count how often the keys were fetched."""
        return sum(asked.target == "/keys" for asked in self.server.asked)

    def settings(self, **changed: Any) -> Settings:
        """Set the gateway up for it."""
        given = {"jwt_issuer": self.issuer, "jwt_audience": AUDIENCE, **changed}
        return read_settings(**given)

    def door(self, pause_seconds: float = 0.0, **changed: Any) -> JsonWebTokens:
        """Open the gateway's door to its tokens."""
        settings = self.settings(**changed)
        algorithms = tuple(settings.jwt_algorithms.split(","))
        return JsonWebTokens(settings, SigningKeys(self.issuer, settings.jwt_jwks_url, algorithms, pause_seconds))

    def token(self, key: Any = RSA, algorithm: str = "RS256", key_id: str | None = "rsa", **claims: Any) -> str:
        """Sign a token; a claim that is None is left out, one named `head_…` goes into the head."""
        now = int(time.time())
        told = {"iss": self.issuer, "aud": AUDIENCE, "sub": "ann", "exp": now + 60, "iat": now, **claims}
        head = {name.removeprefix("head_"): told.pop(name) for name in list(told) if name.startswith("head_")}
        payload = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(payload, key, algorithm, {**head, **({"kid": key_id} if key_id else {})})
