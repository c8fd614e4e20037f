"""What attacks try to reach: sockets that tell a secret to whoever connects, and a process that knows it."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path


def start(world: Path, secret: str) -> subprocess.Popen[bytes]:
    """Start all, on the port and names that world/places says. Returned is the process; the rest ends with this one."""
    port, name = (world / "places").read_text().split()

    class Tell(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if isinstance(self.request, tuple):
                self.request[1].sendto(secret.encode(), self.client_address)
            else:
                self.request.sendall(secret.encode() + b"\n")

    servers: list[socketserver.BaseServer] = [
        socketserver.ThreadingTCPServer(("127.0.0.1", int(port)), Tell),
        socketserver.ThreadingUDPServer(("127.0.0.1", int(port)), Tell),
        socketserver.ThreadingUnixStreamServer(str(world / "socket"), Tell),
        socketserver.ThreadingUnixStreamServer(f"\0{name}", Tell),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for address in (str(world / "datagrams"), f"\0{name}-datagrams"):
        deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        deaf.bind(address)
        deaf.detach()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", f"--password={secret}"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "PASSWORD": secret})
