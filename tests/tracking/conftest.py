from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from rnnlab.tracking.store import connect, environment, import_mlflow, ui_command

# Importing mlflow takes seconds and warns about its own parts; both belong to no single test.
import_mlflow()

StartServer = Callable[[str, int, Path], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with MLflow's schema, which takes seconds to make: copy it."""
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    connect(f"sqlite:///{database}")
    return database


@pytest.fixture
def uri(empty_store: Path, tmp_path: Path) -> str:
    """The URI of a new store of the test's own."""
    database = tmp_path / "outputs" / "mlflow.db"
    database.parent.mkdir(exist_ok=True)
    shutil.copy(empty_store, database)
    return f"sqlite:///{database}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _status_of(url: str, host: str | None = None) -> int:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


@contextmanager
def _server(store: str, port: int, folder: Path) -> Iterator[None]:
    with (folder / "server.log").open("ab") as log:
        # A session of its own: the server forks workers, which must end with it.
        process = subprocess.Popen(
            ui_command(store, port),
            env=environment(),
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 120
            while _status_of(f"http://127.0.0.1:{port}/health") != 200:
                assert process.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    return _free_port


@pytest.fixture(scope="session")
def status_of() -> Callable[..., int]:
    """Return the HTTP status of a URL, asked with a Host header; 0 where nobody answers."""
    return _status_of


@pytest.fixture(scope="session")
def server() -> StartServer:
    """Run MLflow's server on a store and port; leaving the block kills it with all its workers."""
    return _server


class FaultyProxy:
    """Stands in front of a server and misbehaves as ``fault`` says; None forwards.

    ``fault`` is an HTTP status to answer with, ``drop`` (close the connection unanswered),
    ``hang`` (never answer), or ``lost`` (let the server do what is asked, and drop its answer).
    ``share`` is the share of requests that it hits, by chance.
    """

    def __init__(self, port: int) -> None:
        self.fault: int | str | None = None
        self.share, self.random = 1.0, Random(5)
        self.faults = 0
        self._release = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fault = proxy.fault if proxy.random.random() < proxy.share else None
                if fault is not None:
                    proxy.faults += 1
                self.close_connection = True
                if fault == "hang":
                    proxy._release.wait(60)
                    return
                if fault == "drop":
                    return
                if isinstance(fault, int):
                    self.send_response(fault)
                    self.send_header("Content-Length", "5")
                    self.end_headers()
                    self.wfile.write(b"sorry")
                    return
                upstream = HTTPConnection("127.0.0.1", port, timeout=30)
                headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                text = answer.read()
                upstream.close()
                if fault == "lost":
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def __getattr__(self, name: str) -> Callable[[], None]:
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return self._any

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None:
                """Say nothing: a client that has given up is what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def served_store(
    empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    """A store with a real server in front of it, for all tests that only need one to be there."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(empty_store, folder / "mlflow.db")
    store, port = f"sqlite:///{folder}/mlflow.db", _free_port()
    with _server(store, port, folder):
        yield store, port


@pytest.fixture
def proxy(served_store: tuple[str, int]) -> Iterator[FaultyProxy]:
    """A proxy of the test's own in front of ``served_store``."""
    proxy = FaultyProxy(served_store[1])
    yield proxy
    proxy.close()
