"""Lists of which a row does not fit."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Generic, TypeVar

import msgspec
import pytest

from adapters.errors import InvalidPayload
from adapters.http.rows import fitting, is_list, missing_rows, read_list

T = TypeVar("T")


class Row(msgspec.Struct, frozen=True):
    """A row."""

    number: int


class Paged(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of rows."""

    items: list[T]
    total: int = 0


@pytest.fixture
def service() -> str:
    """A service that nothing is known of."""
    return f"service-{secrets.token_hex(4)}"


def body(*rows: object) -> bytes:
    return json.dumps(rows).encode()


def test_rows_that_fit_are_kept_and_the_others_told(service: str, caplog: pytest.LogCaptureFixture) -> None:
    """By service, path, position and field: in the log, and as a count."""
    rows = read_list(service, "/rows", body({"number": 1}, {"number": "2"}, {"number": 3}, {}), list[Row])
    assert rows == [Row(1), Row(3)]
    told = f"{service}: 2 rows of /rows do not fit and are left out: row 1: Expected `int`, got `str` - at `$.number`"
    assert told in caplog.text
    assert missing_rows(service) == "Rows that could not be read are left out: 2 of /rows; the log says why"


def test_a_page_keeps_what_lies_around_its_rows(service: str) -> None:
    """The total is the service's."""
    raw = json.dumps({"items": [{"number": 1}, 2], "total": 2}).encode()
    assert read_list(service, "/rows", raw, Paged[Row]) == Paged(items=[Row(1)], total=2)


def test_the_same_flaw_is_logged_once(service: str, caplog: pytest.LogCaptureFixture) -> None:
    """A poll reads the same list again and again."""
    for _ in range(3):
        read_list(service, "/rows", body({"number": 1}, {}), list[Row])
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


def test_a_list_that_is_whole_again_is_told_of_no_more(service: str) -> None:
    """Other lists of the service still are."""
    for path in ("/rows", "/others"):
        read_list(service, path, body({"number": 1}, {}), list[Row])
    read_list(service, "/rows", body({"number": 1}), list[Row])
    assert "1 of /others;" in str(missing_rows(service))
    read_list(service, "/others", body(), list[Row])
    assert missing_rows(service) is None


def test_a_list_without_one_row_that_fits_is_an_error(service: str) -> None:
    """It names service, path and field."""
    with pytest.raises(InvalidPayload, match=rf"{service} answered /rows .* row 0: .* `number`"):
        read_list(service, "/rows", body({}, {}), list[Row])


def test_what_is_no_list_is_an_error(service: str) -> None:
    """It is msgspec's own, which names the field."""
    with pytest.raises(msgspec.ValidationError, match="items"):
        read_list(service, "/rows", b'{"items": 3}', Paged[Row])


def test_steps_of_reading_are_told_of_apart(service: str) -> None:
    """What fits its shape may still be no row."""

    def positive(row: Row) -> int:
        if row.number < 0:
            raise InvalidPayload("invalid_payload", f"{row.number} is negative", service)
        return row.number

    rows = read_list(service, "/rows", body({"number": 1}, {"number": -2}), list[Row])
    assert fitting(service, "/rows", rows, positive, "sign") == [1]
    read_list(service, "/rows", body({"number": 1}), list[Row])
    assert "1 of /rows;" in str(missing_rows(service))


@pytest.mark.parametrize(("shape", "told"), [(list[Row], True), (Paged[Row], True), (Row, False), (str, False)])
def test_lists_are_told_from_other_shapes(shape: type, told: bool) -> None:
    """By what they hold."""
    assert is_list(shape) is told
