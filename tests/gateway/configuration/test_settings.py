"""Settings from the environment, and what is said of those that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.configuration.settings import Settings, SettingsError, read_settings, settings_table

SECRETS = ("api_keys", "database_url", "cloudsigma_token", "cloudsigma_jwt_secret", "nvd_api_key")


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("PORT", "eighty", "Port to listen on"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PORT", "-1", "greater than or equal to 0"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("WORKERS", "65", "less than or equal to 64"),
        ("SHUTDOWN_SECONDS", "301", "stop signal"),
        ("OPERATION_SECONDS", "0", "greater than 0"),
        ("OPERATION_SECONDS", "301", "less than or equal to 300"),
        ("LOG_FORMAT", "xml", "`json` or `text`"),
        ("METRICS", "maybe", "/metrics"),
        ("EXECUTOR_ID", "two words", "stable name"),
        ("EXECUTOR_ID", "x" * 65, "stable name"),
        ("CLOUDSIGMA", "ftp://cloudsigma.example", "http or https"),
        ("CLOUDSIGMA", "https://", "a host"),
        ("NVD_URL", "http:///rest", "a host"),
        ("CLOUDLINK_SCHEDULE", "every hour", "cron expression"),
        ("CLOUDLINK_SCHEDULE", "99 * * * *", "cron expression"),
        ("CLOUDLINK_SCHEDULE", "* * * * * *", "cron expression"),
    ],
)
def test_a_wrong_value_is_named_with_its_setting_and_a_cure(
    name: str, value: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence holds the setting's name as it is set, the value as it was given, and what would do."""
    monkeypatch.setenv(f"TRIGRAPH_{name}", value)
    with pytest.raises(SettingsError) as failed:
        read_settings()
    message = str(failed.value)
    assert message.startswith(f"TRIGRAPH_{name} is ")
    assert value in message
    assert cure in message


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two faults make two lines."""
    monkeypatch.setenv("TRIGRAPH_PORT", "x")
    monkeypatch.setenv("TRIGRAPH_WORKERS", "y")
    with pytest.raises(SettingsError) as failed:
        read_settings()
    assert [line.split()[0] for line in str(failed.value).splitlines()] == ["TRIGRAPH_PORT", "TRIGRAPH_WORKERS"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user:geheim@db/trigraph"),
        ("DATABASE_URL", "postgresql:geheim"),
        ("CLOUDSIGMA", "https://user:geheim@cloudsigma.example"),
    ],
)
def test_a_secret_is_not_shown_in_the_error_over_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that holds a password is refused without repeating it."""
    monkeypatch.setenv(f"TRIGRAPH_{name}", value)
    with pytest.raises(SettingsError) as failed:
        read_settings()
    assert str(failed.value).startswith(f"TRIGRAPH_{name} is (secret): ")
    assert "geheim" not in str(failed.value)


def test_postgresql_without_its_driver_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain installation lacks it: the sentence names the extra, before anything is opened."""
    monkeypatch.setattr("gateway.configuration.setting_values.find_spec", lambda _name: None)
    monkeypatch.setenv("TRIGRAPH_DATABASE_URL", "postgresql://user:geheim@db/trigraph")
    with pytest.raises(SettingsError, match=r"pip install 'trigraph\[postgres\]'"):
        read_settings()


def test_secrets_are_not_shown_with_the_settings() -> None:
    """Neither repr nor str of the settings, nor their JSON, holds a secret."""
    values: dict[str, str] = dict.fromkeys(SECRETS, "geheim")
    values["database_url"] = "postgresql://user:geheim@db/trigraph"
    settings = read_settings(**values)
    assert "geheim" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing leaves the default, as a compose file with blanks has it."""
    for name in Settings.model_fields:
        monkeypatch.setenv(f"TRIGRAPH_{name.upper()}", "")
    settings = read_settings()
    assert (settings.port, settings.host, settings.attack_bundle) == (8000, "127.0.0.1", None)


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given as an argument is taken, and None is not given."""
    monkeypatch.setenv("TRIGRAPH_PORT", "1234")
    monkeypatch.setenv("TRIGRAPH_HOST", "::1")
    settings = read_settings(port=4321, host=None)
    assert (settings.port, settings.host) == (4321, "::1")


def test_data_goes_to_one_folder_unless_a_database_is_named(tmp_path: Path) -> None:
    """Both databases and the cache lie in the data folder; with a database URL, both databases are there."""
    embedded = read_settings(data_dir=tmp_path)
    assert str(tmp_path) in embedded.database
    assert str(tmp_path) in embedded.durable_database
    assert embedded.engine_cache.parent == tmp_path
    shared = read_settings(data_dir=tmp_path, database_url="postgres://u:p@db/t")
    assert shared.database == "postgres://u:p@db/t"
    assert shared.durable_database == "postgresql://u:p@db/t"


@pytest.mark.parametrize("name", ["data_dir", "cache_dir"])
def test_a_folder_that_cannot_be_made_is_named(name: str, tmp_path: Path) -> None:
    """A folder below a file can't be had, and the sentence says which setting to change."""
    (tmp_path / "file").write_text("")
    settings = read_settings(**{"data_dir": tmp_path / "data", name: tmp_path / "file" / "below"})
    with pytest.raises(SettingsError, match=f"TRIGRAPH_{name.upper()} is .*below.*: Not a directory"):
        settings.prepare_folders()


def test_private_pairs_are_read_from_a_list() -> None:
    """Spaces and empty entries do no harm."""
    assert read_settings(fetch_allowed="a:1, b:2 ,,").allowed_hosts == {"a:1", "b:2"}


def test_the_table_names_every_setting_once_with_its_sentence() -> None:
    """The README's table has one row for each setting, in the order of the settings, and no secret of anybody's."""
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [f"TRIGRAPH_{name.upper()}" for name in Settings.model_fields]
    for row, field in zip(rows, Settings.model_fields.values(), strict=True):
        assert row.count("|") == 4
        assert row.endswith(f"| {field.description} |")
    assert str(Path.home()) not in settings_table()


@pytest.mark.parametrize(
    ("name", "value"), [("attack_bundle", "/nonexistent/enterprise.json"), ("fetch_allowed", "foo,,127.0.0.1:80")]
)
def test_what_could_only_fail_later_is_refused_at_once(name: str, value: str) -> None:
    """The setting and its value are named."""
    with pytest.raises(SettingsError, match=rf"TRIGRAPH_{name.upper()} is .*{value[:12]}"):
        read_settings(**{name: value})
