"""What libraries find or keep to log in with: the clouds' own, and those that ask the system's keychain."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, known
from adapters.sigil.local.code.javascript.values import Value

_CLOUDS = {"@aws-sdk/": "amazonaws", "aws-sdk": "amazonaws", "google": "google", "@azure/": "azure microsoft windows"}
"""Words of the hosts that the credentials found by a library are meant for, by how its name begins."""
_AWS_SOURCES = (
    "NodeProviderChain",
    "Ini",
    "Env",
    "SSO",
    "Process",
    "InstanceMetadata",
    "ContainerMetadata",
    "TokenFile",
    "TemporaryCredentials",
)
_AZURE_SOURCES = (
    "DefaultAzure",
    "ManagedIdentity",
    "Environment",
    "AzureCli",
    "AzureDeveloperCli",
    "AzurePowerShell",
    "VisualStudioCode",
    "WorkloadIdentity",
    "ChainedToken",
)


@known(
    *(f"@aws-sdk/credential-providers.from{source}" for source in _AWS_SOURCES),
    "@aws-sdk/credential-provider-node.defaultProvider",
    "@aws-sdk/credential-provider-ini.fromIni",
    "@aws-sdk/credential-provider-env.fromEnv",
    "aws-sdk.SharedIniFileCredentials",
    "aws-sdk.EnvironmentCredentials",
    "aws-sdk.CredentialProviderChain",
    "aws-sdk.config.getCredentials",
    "google-auth-library.GoogleAuth",
    "google-auth-library.auth.getAccessToken",
    "google-auth-library.auth.getApplicationDefault",
    *(f"@azure/identity.{source}Credential" for source in _AZURE_SOURCES),
)
def _found(call: Call) -> Value:
    """Read what a cloud's library finds to log in with: telling only where it goes somewhere else."""
    service = next(service for start, service in _CLOUDS.items() if call.path.startswith(start))
    return _credentials(call, f"{service} {call.path}")


@known(
    "keytar.getPassword",
    "keytar.findPassword",
    "keytar.findCredentials",
    "@napi-rs/keyring.Entry",
    "@napi-rs/keyring.AsyncEntry",
    "@napi-rs/keyring.findCredentials",
    "cross-keychain.getPassword",
)
def _kept(call: Call) -> Value:
    """Read what the system's keychain keeps for its user."""
    return _credentials(call, call.path)


def _credentials(call: Call, detail: str) -> Value:
    taints = call.state.source(Behaviour.READS_SECRET_FILE, call.node, detail, hidden=True)
    call.answer(Value(taints=taints))
    return Value(path="<credentials>", taints=taints)


@known("<credentials>")
def _asked(call: Call) -> Value:
    return Value(taints=call.callee.taints)
