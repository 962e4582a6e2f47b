"""HTTP on one port, by one process or several, until a signal ends them gracefully."""

import contextlib
import functools
import ipaddress
import socket

import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway.app import create_app
from gateway.settings import Settings
from gateway.telemetry import meters
from gateway.transport.protocol import HttpProtocol, WebSocketProtocol
from gateway.transport.requests import LARGEST_BODY
from gateway.worker import beside


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    found = socket.getaddrinfo(host, None)
    return all(ipaddress.ip_address(address[0]).is_loopback for *_, address in found)


def listen(settings: Settings) -> socket.socket:
    """Takes the port, where early requests wait; OSError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family)


def address(listener: socket.socket) -> str:
    """The address of the port for a client on this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT, then lets the requests that run end; a worker runs beside."""
    config = uvicorn.Config(
        functools.partial(create_app, settings),
        factory=True,
        workers=settings.processes,
        loop="uvloop",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=LARGEST_BODY,
        ws_per_message_deflate=False,  # 250 kB of memory a connection, to make short messages a little shorter
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout,
        timeout_worker_healthcheck=60,  # a process that starts on a busy machine says nothing for a while
    )
    worker = beside(settings) if settings.worker else contextlib.nullcontext()
    with contextlib.suppress(KeyboardInterrupt), meters.together(), worker:
        if settings.processes == 1:
            uvicorn.Server(config).run([listener])
        else:
            Multiprocess(config, [listener]).run()
