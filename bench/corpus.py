"""What the engine makes of the corpus of inert attacks and their benign twins: a table, recall and false alarms.

    python bench/corpus.py [--rules] [--held-out]

With `--rules`, the findings of missed attacks and flagged twins are listed below the table. Of the pairs that are held
out from the engine's authors only the rates are shown, unless `--held-out` asks for them too, and with them for the
blind pairs, which were written without looking at the engine: a measure that no test holds it to.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.adapters.sigil.corpus.samples import Measured, false_alarms, measure, read_pairs, recall


def print_table(measured: Sequence[Measured]) -> None:
    """Print a line for each pair: what was wrongly judged is marked with `!`."""
    print(f" {'pair':<39} {'attack':>6} {'verdict':<15} {'own phase':<10} {'twin':>4} verdict")
    for each in measured:
        wrong = "!" if each.twin.flagged or not each.attack.flagged else " "
        own = "named" if each.named else "not named"
        print(
            f"{wrong}{each.pair.name:<39} {each.attack.score:>6} {each.attack.verdict.value:<15} {own:<10}"
            f" {each.twin.score:>4} {each.twin.verdict.value}"
        )
    print()


def print_rules(measured: Sequence[Measured]) -> None:
    """Print the findings behind what was wrongly judged."""
    for each in measured:
        if not each.attack.flagged:
            print(f"missed  {each.pair.name}: {', '.join(each.attack.rules) or 'nothing found'}")
        if each.twin.flagged:
            print(f"flagged {each.pair.name}: {', '.join(each.twin.rules)}")
    print()


def print_rates(title: str, measured: Sequence[Measured]) -> None:
    """Print how many attacks were found, how many twins were flagged, and how many attacks their phase names."""
    found = sum(each.attack.flagged for each in measured)
    named = sum(each.named for each in measured)
    flagged = sum(each.twin.flagged for each in measured)
    print(
        f"{title:<9} {len(measured)} pairs: recall {recall(measured):.1%} ({found} found),"
        f" twins flagged {false_alarms(measured):.1%} ({flagged}), {named} attacks named in their phase"
    )


def hidden(measured: Measured) -> bool:
    """Whether a pair is shown only when that is asked for."""
    return measured.pair.held_out or measured.pair.blind


def main() -> None:
    """Judge the corpus and print what came of it."""
    measured = [measure(pair) for pair in read_pairs()]
    shown = [each for each in measured if "--held-out" in sys.argv or not hidden(each)]
    print_table(shown)
    if "--rules" in sys.argv:
        print_rules(shown)
    print_rates("tuned by", [each for each in measured if not hidden(each)])
    print_rates("held out", [each for each in measured if each.pair.held_out])
    blind = [each for each in measured if each.pair.blind]
    if blind and "--held-out" in sys.argv:
        print_rates("blind", blind)


if __name__ == "__main__":
    main()
