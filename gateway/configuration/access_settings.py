"""Settings of who may call by a token of an identity provider."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gateway.configuration.setting_values import Provider, SignatureAlgorithms


class AccessSettings(BaseModel):
    """Whose tokens are taken, and what they tell."""

    jwt_issuer: Provider = Field(
        "", description="Identity provider whose JWTs callers may bring, as its tokens name it in `iss`; empty: none."
    )
    jwt_audience: str = Field("", description="What a JWT must name in `aud`; needed with an issuer.")
    jwt_jwks_url: Provider = Field(
        "", description="Where the issuer's keys are; empty: where its OpenID configuration says."
    )
    jwt_algorithms: SignatureAlgorithms = Field(
        "RS256,ES256,EdDSA", description="Signatures that are taken, separated by commas; never HS256 and its like."
    )
    jwt_tenant_claim: str = Field(
        "tenant", description="Claim that names the caller's tenant; without it callers are tenants of their own."
    )
    jwt_roles_claim: str = Field(
        "roles",
        description="Claim that lists the caller's roles, as in `realm_access.roles`; without it: none.",
    )
    jwt_tier_claim: str = Field("tier", description="Claim that names the caller's tier; without it: `pro`.")
