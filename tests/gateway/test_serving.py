"""Servers as they are started and stopped."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings
from gateway.serving import listen
from tests.gateway.edge import Edge
from tests.running import PROJECT, RunningServer, start_server

UGLY = re.compile(r"Traceback|Exception|Error|never awaited|never retrieved|ERROR|CRITICAL")

KEY = {"Authorization": "Bearer sk_live_0123456789abcdef"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
async def test_a_loopback_address_is_listened_on(host: str, edge: Edge) -> None:
    """By number, by name and by IPv6, on a free port where none is named."""
    listening = listen(edge.settings.model_copy(update={"host": host}))
    with listening:
        assert listening.getsockname()[1] > 0
        with socket.create_connection(listening.getsockname()[:2], timeout=5):
            pass


async def test_what_is_written_is_sent_at_once(edge: Edge) -> None:
    """No answer waits for the client's acknowledgement of the part before, which takes 40 ms."""
    delays: asyncio.Queue[int] = asyncio.Queue()

    def see(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delays.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(see, sock=listen(edge.settings.model_copy(update={"port": 0})))
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        assert await delays.get() != 0
        writer.close()


def test_a_port_in_use_is_told_with_the_settings_to_change() -> None:
    """The second to ask for a port gets a sentence, even while the first is not ready yet."""
    with listen(Settings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(CommandFailed, match=rf"127\.0\.0\.1:{port} \(Address already in use\).*--port"):
            listen(Settings(port=port))


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.1", "a" * 70, "..", "1.2.3.4.5"])
def test_an_address_that_is_not_ours_is_told(host: str) -> None:
    """A name that leads nowhere, an address of somebody else's and a name that is none are refused alike."""
    with pytest.raises(CommandFailed, match=r"cannot listen on .*TRIGRAPH_HOST"):
        listen(Settings(host=host, port=0))


@pytest.mark.parametrize(
    ("service", "path", "number"),
    [
        ((), "/healthz", signal.SIGTERM),
        ((), "/healthz", signal.SIGINT),
        (("cloudsigma",), "/v1/health", signal.SIGTERM),
        (("sigil",), "/v1/scans", signal.SIGTERM),
    ],
    ids=["gateway-SIGTERM", "gateway-SIGINT", "cloudsigma-SIGTERM", "sigil-SIGTERM"],
)
def test_a_signal_ends_a_real_server_well(
    service: tuple[str, ...], path: str, number: signal.Signals, tmp_path: Path
) -> None:
    """A server that still loads its engine answers, and at a signal ends with 0 and a clean log."""
    server = _stopped_by(number, service, path, tmp_path)
    assert server.process.returncode == 0
    assert server.log is not None
    log = server.log.read_text()
    assert not UGLY.search(log), log


def _stopped_by(number: signal.Signals, service: tuple[str, ...], path: str, folder: Path) -> RunningServer:
    environment = {"TRIGRAPH_DATA_DIR": str(folder / "data"), "TRIGRAPH_WORKERS": "1", "TRIGRAPH_SHUTDOWN_SECONDS": "5"}
    with start_server(*service, environment=environment, log=folder / "log") as server:
        assert httpx.get(f"{server.address}{path}", headers=KEY, timeout=10).status_code == 200
        server.process.send_signal(number)
        server.process.wait(15)
    return server


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Two would do everything twice: the second says whose folder it is, and ends."""
    environment = {"TRIGRAPH_DATA_DIR": str(tmp_path), "TRIGRAPH_WORKERS": "1"}
    with start_server(environment=environment):
        second = subprocess.run(
            [sys.executable, "-m", "gateway", "serve", "sigil", "--port", "0"],
            env={**os.environ, **environment},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert second.returncode == 1
    assert f"another trigraph works on the data in {tmp_path}" in second.stderr
    with start_server("sigil", environment=environment) as server:
        assert server.address.startswith("http://")


def test_what_is_loaded_at_the_start_of_a_real_server_is_not_collected_again(tmp_path: Path) -> None:
    """The hundred thousand objects and more of modules and schema are out of the garbage collector's way."""
    script = (
        "import atexit, gc\n"
        "from gateway.commands.cli import main\n"
        "atexit.register(lambda: print('frozen', gc.get_freeze_count()))\n"
        "main(['serve', '--port', '0'])\n"
    )
    environment = {"TRIGRAPH_DATA_DIR": str(tmp_path), "TRIGRAPH_WORKERS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("GraphQL at http://")
        server.terminate()
        frozen = server.stdout.read().split()
    assert frozen[0] == "frozen"
    assert int(frozen[1]) > 100_000


async def test_a_server_within_another_process_leaves_its_objects_alone(edge: Edge) -> None:
    """Only the command freezes: here a hundred servers come and go."""
    frozen = gc.get_freeze_count()
    async with edge.served():
        assert gc.get_freeze_count() == frozen
