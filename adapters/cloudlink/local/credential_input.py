"""A credential as it is handed in: checked, and parted into what is kept secret and what may be shown of it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.storable import UNSTORABLE
from adapters.errors import InvalidInput

DEFAULT_REGIONS = ("us-east-1",)
MOST_REGIONS = 40
LONGEST_LABEL = 256
LARGEST_PAYLOAD = 64 * 1024
SHOWN = 4
SHORTEST_HINTED = 3 * SHOWN

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
ACCESS_KEY_ID = re.compile(r"\w{16,128}", re.ASCII)
SECRET_ACCESS_KEY = re.compile(r"[!-~]{16,128}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,2}-\d{1,2}")

PAYLOAD_TYPES = {"gcp": "service_account_json", "azure": "client_secret"}
"""What a credential of a cloud other than AWS is."""
CLIENT_IDS = ("client_email", "client_id", "clientId", "appId")


class Secret(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept encrypted: a role or keys of AWS, or another cloud's payload."""

    role_arn: str | None = None
    external_id: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    payload: str | None = None

    def __repr__(self) -> str:
        return "Secret(…)"


class CheckedCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that can be kept; `hint` is what may be shown of its secret."""

    cloud: str
    credential_type: str
    label: str | None
    regions: tuple[str, ...]
    hint: str
    secret: Secret


def checked(credential: NewCredential) -> CheckedCredential:
    """Check a credential; raises InvalidInput, which never repeats a secret."""
    label = credential.label
    if label is not None and (len(label) > LONGEST_LABEL or UNSTORABLE.search(label)):
        raise _invalid("label", f"label has {len(label)} characters: give at most {LONGEST_LABEL}, without NUL")
    if credential.cloud == "aws":
        return _aws(credential)
    if credential.cloud in PAYLOAD_TYPES:
        return _with_payload(credential)
    raise _invalid("cloud", f"cloud is {credential.cloud[:40]!r}: give aws, gcp or azure")


def _aws(credential: NewCredential) -> CheckedCredential:
    if credential.role_arn and credential.access_key_id:
        raise _invalid("role_arn", "role_arn and access_key_id are given: give one of them")
    secret = _role(credential) if credential.role_arn else _keys(credential)
    return CheckedCredential(
        cloud=credential.cloud,
        credential_type=_type(credential, "iam_role" if credential.role_arn else "access_key"),
        label=credential.label,
        regions=_regions(credential),
        hint=_hint(secret.role_arn or secret.access_key_id or ""),
        secret=secret,
    )


def _role(credential: NewCredential) -> Secret:
    arn = credential.role_arn or ""
    if not ROLE_ARN.fullmatch(arn):
        raise _invalid("role_arn", f"role_arn is {arn[:100]!r}: give one like arn:aws:iam::123456789012:role/name")
    if credential.external_id is not None and not EXTERNAL_ID.fullmatch(credential.external_id):
        raise _invalid("external_id", "external_id is not one: give 2 to 1224 letters, digits and +=,.@:/-")
    return Secret(role_arn=arn, external_id=credential.external_id)


def _keys(credential: NewCredential) -> Secret:
    if not credential.access_key_id:
        raise _invalid("role_arn", "role_arn and access_key_id are missing: give one of them")
    if not ACCESS_KEY_ID.fullmatch(credential.access_key_id):
        raise _invalid("access_key_id", "access_key_id is not one: give 16 to 128 letters and digits, as in AKIA…")
    if not SECRET_ACCESS_KEY.fullmatch(credential.secret_access_key or ""):
        raise _invalid("secret_access_key", "secret_access_key is missing or not one: give the one of the access key")
    return Secret(access_key_id=credential.access_key_id, secret_access_key=credential.secret_access_key)


def _regions(credential: NewCredential) -> tuple[str, ...]:
    regions = tuple(dict.fromkeys(credential.regions)) or DEFAULT_REGIONS
    if len(regions) > MOST_REGIONS:
        raise _invalid("regions", f"regions names {len(regions)} regions: give at most {MOST_REGIONS}")
    for region in regions:
        if not REGION.fullmatch(region):
            raise _invalid("regions", f"regions names {region[:40]!r}: give regions like eu-central-1")
    return regions


def _with_payload(credential: NewCredential) -> CheckedCredential:
    payload = credential.payload
    try:
        written = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
        if len(written.encode()) > LARGEST_PAYLOAD:
            message = f"payload is larger than {LARGEST_PAYLOAD // 1024} KiB: give the credential alone"
            raise _invalid("payload", message)
        fields = msgspec.json.decode(written.encode(), type=dict[str, Any])
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        message = "payload is missing or not a JSON object: give the credential as the cloud wrote it"
        raise _invalid("payload", message) from None
    client = next((fields[name] for name in CLIENT_IDS if isinstance(fields.get(name), str)), "")
    return CheckedCredential(
        cloud=credential.cloud,
        credential_type=_type(credential, PAYLOAD_TYPES[credential.cloud]),
        label=credential.label,
        regions=(),
        hint=_hint(client),
        secret=Secret(payload=written),
    )


def _type(credential: NewCredential, fitting: str) -> str:
    given = credential.credential_type
    if given not in (None, fitting):
        message = f"credential_type is {given[:40]!r}: with what else is given for {credential.cloud}, it is {fitting}"
        raise _invalid("credential_type", message)
    return fitting


def _hint(text: str) -> str:
    return f"{text[:SHOWN]}****{text[-SHOWN:]}" if len(text) >= SHORTEST_HINTED else "****"


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput("validation_error", message, field)
