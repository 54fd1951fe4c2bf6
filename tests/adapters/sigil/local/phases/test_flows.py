"""Ways of data put together."""

from __future__ import annotations

from collections.abc import Callable

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.phases.flows import whole_ways


def test_ways_lead_over_files(fact: Callable[..., Fact]) -> None:
    """What is downloaded to a file that is made executable and run is downloaded and run."""
    download, write = fact(Behaviour.DOWNLOADS), fact(Behaviour.WRITES_FILE)
    mode, run = fact(Behaviour.MAKES_EXECUTABLE), fact(Behaviour.RUNS_PROCESS)
    steps = [Flow(source=source, sink=sink) for source, sink in ((download, write), (write, mode), (mode, run))]

    assert Flow(source=download, sink=run) in whole_ways(steps)


def test_ways_end_where_something_is_done(fact: Callable[..., Fact]) -> None:
    """What a process is given is not what it prints: ways do not lead through what runs or leaves."""
    download, run, send = fact(Behaviour.DOWNLOADS), fact(Behaviour.RUNS_PROCESS), fact(Behaviour.SENDS)
    steps = [Flow(source=download, sink=run), Flow(source=run, sink=send)]

    assert set(whole_ways(steps)) == set(steps)


def test_circles_end(fact: Callable[..., Fact]) -> None:
    """Files that are read and written in turn do not keep it busy."""
    read, write = fact(Behaviour.READS_FILE), fact(Behaviour.WRITES_FILE)

    assert len(whole_ways([Flow(source=read, sink=write), Flow(source=write, sink=read)])) == 2
