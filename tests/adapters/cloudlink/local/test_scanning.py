from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cloudlink.account import CloudScanStatus, NewCredential
from adapters.cloudlink.local.accounts import WITHOUT_OWN
from adapters.durable import DurableWork
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.database import Database
from gateway.assembly import Assembly
from tests.cloud_engine import CloudEngine, build_engine

GOOGLE = NewCredential(cloud="gcp", payload="{}")


@pytest.fixture
def engine(sqlite: Database, assembly: Assembly) -> CloudEngine:
    """The engine where nothing answers; the assembly's durable work is what its steps run in."""
    return build_engine(sqlite, assembly.durable)


async def test_without_an_account_there_is_nothing_to_scan(sqlite: Database, principal: Principal) -> None:
    """Clouds that can't be scanned are left out."""
    engine = build_engine(sqlite, DurableWork("sqlite://", "test"))
    await engine.account(principal, GOOGLE)
    begun = await engine.scanning.start_scan(principal)
    assert (begun.credentials_scanned, begun.events_found, begun.scans) == (0, 0, ())


async def test_a_scan_of_what_does_not_answer_ends(
    engine: CloudEngine, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error that names the region, the call and why."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x" * 20)
    scan = await engine.scan(await engine.account(principal))
    assert (scan.status, scan.error) == (CloudScanStatus.ERROR, "us-east-1: SignIn: EndpointConnectionError")


async def test_a_scan_whose_credential_was_removed_ends(engine: CloudEngine, principal: Principal) -> None:
    """It says so."""
    account = await engine.account(principal)
    begun = await engine.begin_scan(account)
    await engine.credentials.remove_credential(principal, account.credential_id)
    await engine.scanning.run(begun.id)
    (ended,) = await engine.scans.scans_by_id(principal.tenant, [begun.id])
    assert ended is not None
    assert (ended.status, ended.error) == (CloudScanStatus.ERROR, "The credential was removed")


async def test_a_scan_that_can_not_be_begun_is_an_error(sqlite: Database, principal: Principal) -> None:
    """Without durable work the caller sees the error, and the scan does not run for ever."""
    engine = build_engine(sqlite, DurableWork("sqlite://", "test"))
    await engine.account(principal)
    with pytest.raises(KeyError):
        await engine.scanning.start_scan(principal)
    (scan,) = (await engine.scans.scans(principal.tenant, Window(5))).nodes
    assert (scan.status, scan.error) == (
        CloudScanStatus.ERROR,
        "The scan could not be begun; the log has the details",
    )


async def test_a_role_needs_credentials_of_this_machine(
    engine: CloudEngine, principal: Principal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it has none, the scan says what to set."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    scan = await engine.scan(await engine.account(principal))
    assert (scan.status, scan.error) == (CloudScanStatus.ERROR, WITHOUT_OWN)
