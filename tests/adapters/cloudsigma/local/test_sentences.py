"""A report's text as sentences and list lines."""

from __future__ import annotations

import pytest

from adapters.cloudsigma.local.sentences import LONGEST, sentences


def test_sentences_end_at_their_marks() -> None:
    """A full stop, an exclamation or a question mark before a capital ends a sentence."""
    assert sentences("It ran. Then it stopped! Did it? Yes.") == ("It ran.", "Then it stopped!", "Did it?", "Yes.")


@pytest.mark.parametrize(
    "whole",
    [
        "It connects to evil[.]example.com and 10.0.0.5 on port 443.",
        "It runs C:\\Windows\\System32\\cmd.exe with version 2.1.3 of the tool.",
        "Some tools, e.g. Mimikatz, were dropped by the U.S. Treasury lure of Acme Inc. Ltd.",
        "See Fig. 3 for hxxps://bad[.]example/a.php?x=1 as fetched.",
    ],
)
def test_dots_of_names_and_abbreviations_end_nothing(whole: str) -> None:
    """Addresses, paths, versions, defanged indicators and abbreviations stay inside their sentence."""
    assert sentences(whole) == (whole,)


def test_list_lines_lose_their_marks() -> None:
    """Each list line is a sentence of its own, without its bullet or number."""
    text = "Capabilities:\n- Keylogging\n * Screen capture\n  3) Process injection\n• File upload"
    assert sentences(text) == ("Capabilities:", "Keylogging", "Screen capture", "Process injection", "File upload")


def test_wrapped_lines_are_joined() -> None:
    """A line that goes on in lower case after an unfinished one belongs to the same sentence."""
    assert sentences("The loader decrypts\nthe payload in memory.\nNext") == (
        "The loader decrypts the payload in memory.",
        "Next",
    )


def test_table_cells_become_one_line() -> None:
    """Tabs and runs of spaces become single spaces."""
    assert sentences("T1055\tProcess   Injection") == ("T1055 Process Injection",)


def test_dump_is_cut_at_spaces() -> None:
    """A run without an end is cut into pieces of bounded length and loses no word."""
    dump = "word " * 1000
    pieces = sentences(dump)
    assert max(map(len, pieces)) <= LONGEST
    assert " ".join(pieces).split() == dump.split()


@pytest.mark.parametrize("empty", ["", " \n\t\n", "---\n***\n."])
def test_nothing_readable_gives_nothing(empty: str) -> None:
    """Text without words has no sentences."""
    assert sentences(empty) == ()
