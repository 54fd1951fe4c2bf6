"""Signing in to the accounts that credentials are for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapters.cloudlink.local.credentials import CredentialRecords
from adapters.errors import NotFound
from adapters.vault import WrongKey

if TYPE_CHECKING:
    from adapters.cloudlink.local.aws.connection import Aws, SignedIn

WITHOUT_OWN = (
    "This machine has no AWS credentials of its own to assume the role with: set AWS_ACCESS_KEY_ID or a profile"
)


class AccountFailure(Exception):
    """An account could not be signed in to; `lasting` where another attempt can't help."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


class AwsAccounts:
    """Signs in to AWS; `endpoint_url` stands in for all of AWS's addresses if it is not empty."""

    def __init__(self, credentials: CredentialRecords, endpoint_url: str = "") -> None:
        self._credentials = credentials
        self._endpoint_url = endpoint_url
        self._aws: Aws | None = None

    async def sign_in(self, tenant: str, credential_id: str, regions: Sequence[str]) -> SignedIn:
        """Sign in with a credential, and record that it was accepted; raises AccountFailure."""
        try:
            secret = await self._credentials.secret_of(tenant, credential_id)
        except (NotFound, WrongKey) as error:
            message = error.message if isinstance(error, NotFound) else str(error)
            raise AccountFailure(message, lasting=True) from None
        aws = await self._open()
        from botocore.exceptions import NoCredentialsError

        try:
            account = await aws.sign_in(tenant, secret, regions)
        except NoCredentialsError:
            raise AccountFailure(WITHOUT_OWN, lasting=False) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, the account can not be looked at
            from adapters.cloudlink.local.aws.trouble import trouble_of

            raise AccountFailure(str(trouble_of(error, ", ".join(regions[:3]), "SignIn")), lasting=False) from None
        await self._credentials.verified(tenant, credential_id, datetime.now(UTC))
        return account

    async def _open(self) -> Aws:
        if self._aws is None:
            await asyncio.to_thread(_import_aws)
            from adapters.cloudlink.local.aws.connection import Aws

            self._aws = Aws(self._endpoint_url)
        return self._aws


def _import_aws() -> None:
    import adapters.cloudlink.local.aws.scan  # noqa: F401 - half a second, off the event loop
