"""How the technique benchmark counts."""

from __future__ import annotations

import pytest

from adapters.cloudsigma.local.attack.knowledge import load_knowledge
from bench.techniques import measure, present


@pytest.mark.parametrize(
    ("found", "marked", "precision", "recall", "f1"),
    [
        ({"T1", "T2"}, {"T1", "T2"}, 1.0, 1.0, 1.0),
        ({"T1", "T2", "T3", "T4"}, {"T1", "T5"}, 0.25, 0.5, 1 / 3),
        (set(), {"T1"}, 0.0, 0.0, 0.0),
        ({"T1"}, {"T1.001"}, 0.0, 0.0, 0.0),
    ],
)
def test_sets_of_ids_are_compared_exactly(
    found: set[str], marked: set[str], precision: float, recall: float, f1: float
) -> None:
    """Precision, recall and F1 are of the two sets of ids; a parent is not its sub-technique."""
    measured = measure(frozenset(found), frozenset(marked), seconds=0.1)
    assert (measured.precision, measured.recall) == (precision, recall)
    assert measured.f1 == pytest.approx(f1)


def test_replaced_ids_are_brought_up_to_date() -> None:
    """Ids that ATT&CK replaced become the present ones; unknown ones stay."""
    assert present(frozenset({"T1193", "T1055", "T9999"}), load_knowledge()) == {"T1566.001", "T1055", "T9999"}
