"""Files in one text, and what was found there told by file and line again."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.joined import Joined


def test_facts_and_flows_come_back_to_their_files() -> None:
    """Lines are each file's own again; a flow belongs to the file that it ends in."""
    joined = Joined([("a.py", b"one\ntwo"), ("b.py", b"three\n"), ("c.py", b"")])
    read = Fact(behaviour=Behaviour.READS_ENVIRONMENT, line=2, snippet="two")
    sent = Fact(behaviour=Behaviour.SENDS, line=3, snippet="three")
    found = joined.divided((read, sent), (Flow(source=read, sink=sent),))
    assert [(path, fact.line) for path, facts in found.items() for fact in facts.facts] == [("a.py", 2), ("b.py", 1)]
    assert [(path, way.source.line, way.sink.line) for path, facts in found.items() for way in facts.flows] == [
        ("b.py", 2, 1)
    ]


def test_each_byte_has_its_file() -> None:
    """The first byte, the last, and the line end between two files are found where they belong."""
    joined = Joined([("a.py", b"one"), ("b.py", b"two")])
    assert joined.data == b"one\ntwo\n"
    assert [joined.part_at(offset).path for offset in (0, 3, 4, 7)] == ["a.py", "a.py", "b.py", "b.py"]
    assert joined.largest == 4
