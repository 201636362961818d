"""A language model of our own on loopback: says what it is told to, or fails as providers do."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "secret-of-the-double"


class ModelDouble(ThreadingHTTPServer):
    """``with ModelDouble() as model``: ``model.answer`` is the object it says, ``model.fault``
    an HTTP status, ``"drip"``, ``"hang up"``, ``"endless"``, ``"redirect"`` or raw bytes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.answer, self.fault = {}, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, self.headers.get("Authorization"), body))
        fault = self.server.fault
        if isinstance(fault, bytes):
            self._say(200, fault)
        elif isinstance(fault, int):
            self._say(fault, b'{"error": {"message": "no"}}')
        elif fault:
            getattr(self, f"_{fault.replace(' ', '_')}")()
        else:
            content = json.dumps(self.server.answer)
            answer = {"choices": [{"message": {"role": "assistant", "content": content}}]}
            self._say(200, json.dumps(answer).encode())

    def _say(self, status, content, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _hang_up(self):
        self.close_connection = True

    def _redirect(self):
        self._say(302, b"", Location="http://127.0.0.1:1/elsewhere")

    def _drip(self):
        """Say a little every moment, so that no single wait is long."""
        self.send_response(200)
        self.end_headers()
        for _moment in range(200):
            try:
                self.wfile.write(b" " * 4096)
            except OSError:
                return
            time.sleep(0.1)

    def _endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _piece in range(10_000):
                self.wfile.write(b" " * 65536)
        except OSError:
            return

    def log_message(self, *args):
        """Be quiet."""
