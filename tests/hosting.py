"""A folder served as static hosts serve it: texts compressed, the bytes counted that leave."""

from __future__ import annotations

import gzip
import http.server
import threading
from functools import cache
from pathlib import Path

# What is compressed already.
AS_IT_IS = {".npz", ".png", ".webp", ".whl", ".woff", ".woff2", ".zip"}


@cache
def compressed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Host:
    """The folder on loopback. `stop` is what a reader without network sees.

    `cached`: browsers may keep what they have for ten minutes, as on the usual hosts, and else ask each time.
    """

    def __init__(self, folder: Path, cached: bool = False) -> None:
        host = self
        self.sent = 0  # bytes of bodies

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *request: object) -> None:
                super().__init__(*request, directory=str(folder))  # type: ignore[arg-type]

            def do_GET(self) -> None:
                path = Path(self.translate_path(self.path))
                path = path / "index.html" if path.is_dir() else path
                if not path.is_file():
                    self.send_error(404)
                    return
                packed = path.suffix not in AS_IT_IS
                body = compressed(path, path.stat().st_mtime_ns) if packed else path.read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", self.guess_type(str(path)))
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "max-age=600" if cached else "no-cache")
                if packed:
                    self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                self.wfile.write(body)
                host.sent += len(body)

            def log_message(self, *ignored: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
