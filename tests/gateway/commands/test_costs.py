"""`trigraph costs import`: what it takes, that a second time changes nothing, and that a wrong row stops all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.credentials import CredentialRecords
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.vault import Vault, new_encryption_key
from gateway.commands.costs import import_costs
from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings

HEADER = "ProviderName,ServiceName,SubAccountId,ChargePeriodStart,ChargePeriodEnd,EffectiveCost,BillingCurrency"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def export(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)))
    return path


async def hours(settings: Settings, tenant: str = "local") -> list[tuple[str, float, str | None]]:
    database = Database(settings.database)
    try:
        rows = await CostRecords(database).snapshots(tenant, None, 1000)
        return [(row.service, row.cost_usd, row.credential_id) for row in rows]
    finally:
        await database.close()


async def account(settings: Settings, tenant: str) -> str:
    """Add a cloud account and give its credential's id."""
    settings.prepare_folders()
    database = Database(settings.database)
    try:
        await database.migrate()
        records = CredentialRecords(database, Vault((new_encryption_key(),)), Journal(Outbox(database)))
        role = NewCredential(cloud="aws", label="main", role_arn="arn:aws:iam::111122223333:role/reader")
        return (await records.add_credential(Principal(id="a", name="a", tenant=tenant), role)).id
    finally:
        await database.close()


async def test_a_second_import_changes_nothing(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And it says how many rows and hours there were."""
    path = export(tmp_path / "focus.csv", "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T02:00:00Z,3,USD")
    for _ in range(2):
        await import_costs(settings, path, "local", None)
        assert await hours(settings) == [("Amazon S3", 1.5, "42")] * 2
    assert "1 rows of FOCUS came to 2 hours of services" in capsys.readouterr().err


async def test_costs_are_the_tenants(settings: Settings, tmp_path: Path) -> None:
    """And the credential's where one is named."""
    path = export(tmp_path / "focus.csv", "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,3,USD")
    mine = await account(settings, "acme")
    await import_costs(settings, path, "acme", mine)
    assert await hours(settings) == []
    assert await hours(settings, "acme") == [("Amazon S3", 3.0, mine)]


async def test_a_credential_of_nobody_takes_no_costs(settings: Settings, tmp_path: Path) -> None:
    """Nor does one of another tenant: under either, costs of a scanned account would count twice, unnoticed."""
    path = export(tmp_path / "focus.csv", "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,3,USD")
    for unknown in ("nobodys", await account(settings, "acme")):
        with pytest.raises(CommandFailed, match=f"--credential is '{unknown}', and the tenant 'local' has none"):
            await import_costs(settings, path, "local", unknown)
    assert await hours(settings) == []


async def test_a_wrong_row_leaves_all_as_it_was(settings: Settings, tmp_path: Path) -> None:
    """With a sentence that shows the row."""
    good = "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,3,USD"
    path = export(tmp_path / "focus.csv", good, good.replace("USD", "EUR"))
    with pytest.raises(CommandFailed, match="EUR"):
        await import_costs(settings, path, "local", None)
    assert await hours(settings) == []


async def test_a_folder_is_no_export(settings: Settings, tmp_path: Path) -> None:
    """Nor is what does not exist."""
    with pytest.raises(CommandFailed, match="is no file"):
        await import_costs(settings, tmp_path, "local", None)


@pytest.mark.parametrize("tenant", ["", "two words", "x" * 65, "jwt:", "jwt:\n"])
async def test_a_tenant_that_nobody_can_be_is_refused(tenant: str, settings: Settings, tmp_path: Path) -> None:
    """Its costs would be kept, and never be seen."""
    path = export(tmp_path / "focus.csv", "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,3,USD")
    with pytest.raises(CommandFailed, match=r"^--tenant is "):
        await import_costs(settings, path, tenant, None)


async def test_a_subject_without_a_tenant_has_costs_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """As its token makes it a tenant of its own."""
    path = export(tmp_path / "focus.csv", "AWS,Amazon S3,42,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,3,USD")
    await import_costs(settings, path, "jwt:auth0|a b", None)
    assert await hours(settings, "jwt:auth0|a b") == [("Amazon S3", 3.0, "42")]
