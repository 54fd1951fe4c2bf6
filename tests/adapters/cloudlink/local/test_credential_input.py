from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.credential_input import checked
from adapters.errors import InvalidInput

ARN = "arn:aws:iam::123456789012:role/path/scanner"
KEY_ID, SECRET_KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SERVICE_ACCOUNT = {"type": "service_account", "client_email": "scanner@example.iam", "private_key": "very secret"}


def aws(**fields: Any) -> NewCredential:
    """Write a credential for AWS."""
    return NewCredential(cloud="aws", **fields)


def test_a_role_is_taken_with_its_external_id() -> None:
    """Without regions it is for the first one."""
    known = checked(aws(role_arn=ARN, external_id="for-us", label="production"))
    assert (known.credential_type, known.label, known.regions) == ("iam_role", "production", ("us-east-1",))
    assert known.hint == "arn:****nner"
    assert (known.secret.role_arn, known.secret.external_id) == (ARN, "for-us")


def test_keys_are_taken_and_the_hint_is_of_the_key_id() -> None:
    """Regions are kept in their order, each once."""
    known = checked(aws(access_key_id=KEY_ID, secret_access_key=SECRET_KEY, regions=("eu-west-1", "us-gov-west-1") * 2))
    assert (known.credential_type, known.hint) == ("access_key", "AKIA****MPLE")
    assert known.regions == ("eu-west-1", "us-gov-west-1")
    assert SECRET_KEY not in repr(known)


@pytest.mark.parametrize("payload", [SERVICE_ACCOUNT, json.dumps(SERVICE_ACCOUNT)])
def test_a_service_account_is_taken_as_text_or_object(payload: str | dict[str, Any]) -> None:
    """Its hint is of the client's name, or of nothing where there is none."""
    known = checked(NewCredential(cloud="gcp", credential_type="service_account_json", payload=payload))
    assert (known.credential_type, known.hint, known.regions) == ("service_account_json", "scan****.iam", ())
    assert json.loads(known.secret.payload or "") == SERVICE_ACCOUNT
    azure = checked(NewCredential(cloud="azure", payload='{"client_secret": "very secret"}'))
    assert (azure.credential_type, azure.hint) == ("client_secret", "****")


@pytest.mark.parametrize(
    ("credential", "field"),
    [
        (NewCredential(cloud="oracle"), "cloud"),
        (aws(), "role_arn"),
        (aws(role_arn="arn:aws:iam::1:role/x"), "role_arn"),
        (aws(role_arn="arn:aws:iam::123456789012:user/x"), "role_arn"),
        (aws(role_arn=f"{ARN}\n"), "role_arn"),
        (aws(role_arn=ARN, access_key_id=KEY_ID), "role_arn"),
        (aws(role_arn=ARN, external_id="two words"), "external_id"),
        (aws(role_arn=ARN, label="x" * 257), "label"),
        (aws(role_arn=ARN, label="\x00"), "label"),
        (aws(role_arn=ARN, label="\ud800"), "label"),
        (aws(role_arn=ARN, credential_type="access_key"), "credential_type"),
        (aws(access_key_id="short", secret_access_key=SECRET_KEY), "access_key_id"),
        (aws(access_key_id=KEY_ID), "secret_access_key"),
        (aws(access_key_id=KEY_ID, secret_access_key="with a space in it"), "secret_access_key"),
        (aws(role_arn=ARN, regions=("evil.example/",)), "regions"),
        (aws(role_arn=ARN, regions=("",)), "regions"),
        (aws(role_arn=ARN, regions=tuple(f"eu-west-{number}" for number in range(41))), "regions"),
        (NewCredential(cloud="gcp"), "payload"),
        (NewCredential(cloud="gcp", payload="very secret"), "payload"),
        (NewCredential(cloud="gcp", payload='["very secret"]'), "payload"),
        (NewCredential(cloud="gcp", payload='"\ud800 very secret"'), "payload"),
        (NewCredential(cloud="azure", payload={"very secret": "x" * 65536}), "payload"),
        (NewCredential(cloud="azure", payload={"very secret": "\ud800"}), "payload"),
        (NewCredential(cloud="azure", payload='{"very secret":' * 4096 + "1" + "}" * 4096), "payload"),
        (NewCredential(cloud="azure", credential_type="service_account_json", payload="{}"), "credential_type"),
    ],
)
def test_what_is_not_a_credential_is_refused_without_its_secret(credential: NewCredential, field: str) -> None:
    """The error names the field as the wire does, and what to give."""
    with pytest.raises(InvalidInput) as refused:
        checked(credential)
    assert (refused.value.code, refused.value.field) == ("validation_error", field)
    assert field in refused.value.message
    assert not any(secret in str(refused.value) for secret in (SECRET_KEY, "very secret", "with a space"))
