"""The page, and the JSON it is made of.

A message is hostile: its HTML is only ever served with a policy that forbids scripts, forms
and the network, and shown in a sandboxed frame; everything else reaches the page as text.
"""

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from . import store as mails

STATIC = Path(__file__).parent / "static"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
PAGE_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; font-src data:"
)


class Handler(BaseHTTPRequestHandler):
    """One request; `server.store` has the messages."""

    protocol_version = "HTTP/1.1"
    routes = (
        ("GET", r"/api/messages", "list_messages"),
        ("DELETE", r"/api/messages", "delete_all"),
        ("GET", r"/api/messages/(\d{1,15})", "show_message"),
        ("DELETE", r"/api/messages/(\d{1,15})", "delete_message"),
        ("GET", r"/messages/(\d{1,15})/html", "show_html"),
        ("GET", r"/messages/(\d{1,15})/raw", "show_raw"),
        ("GET", r"/messages/(\d{1,15})/attachments/(\d{1,4})", "download"),
    )

    def do_GET(self):
        path = urlsplit(self.path).path
        if path in FILES:
            name, kind = FILES[path]
            self._answer((STATIC / name).read_bytes(), kind)
        else:
            self._route("GET")

    def do_DELETE(self):
        self._route("DELETE")

    def log_message(self, *_arguments):
        """Say nothing: the page asks every few seconds."""

    def list_messages(self):
        query = parse_qs(urlsplit(self.path).query)
        limit = min(_number(query, "limit", 50), 1000)
        total, found = self.server.store.find(
            query.get("search", [""])[0], limit, _number(query, "offset", 0)
        )
        self._answer_json({"total": total, "messages": found})

    def delete_all(self):
        self._answer_json({"deleted": self.server.store.delete()})

    def delete_message(self, number):
        self._answer_json({"deleted": self.server.store.delete(int(number))})

    def show_message(self, number):
        found, message = self._message(number)
        if message is not None:
            parts = mails.attachments(message)
            found["headers"] = [[name, mails.header(message, name)] for name in message]
            found["plain"] = mails.body(message, "plain")
            found["has_html"] = bool(mails.body(message, "html"))
            found["attachments"] = [
                {
                    "name": part.get_filename() or part.get_content_type(),
                    "type": part.get_content_type(),
                    "size": len(part.get_payload(decode=True) or b""),
                    "url": f"/messages/{number}/attachments/{index}",
                }
                for index, part in enumerate(parts)
            ]
            self._answer_json(found)

    def show_html(self, number):
        _found, message = self._message(number)
        if message is not None:
            html = mails.body(message, "html")
            for index, part in enumerate(mails.attachments(message)):
                content_id = str(part.get("Content-ID", "")).strip("<> ")
                if content_id:
                    address = f"/messages/{number}/attachments/{index}"
                    html = html.replace(f"cid:{content_id}", address)
            html = f'<base target="_blank">{html}'
            self._answer(html.encode(), "text/html; charset=utf-8", policy=MAIL_POLICY)

    def show_raw(self, number):
        found = self.server.store.get(int(number))
        if not found:
            return self._missing()
        return self._answer(found["raw"], "text/plain; charset=utf-8", policy=MAIL_POLICY)

    def download(self, number, index):
        _found, message = self._message(number)
        if message is None:
            return None
        parts = mails.attachments(message)
        if int(index) >= len(parts):
            return self._missing()
        part = parts[int(index)]
        image = part.get_content_type() in ("image/png", "image/jpeg", "image/gif")
        kind = part.get_content_type() if image else "application/octet-stream"
        name = quote(part.get_filename() or "attachment")
        return self._answer(
            part.get_payload(decode=True) or b"",
            kind,
            policy=MAIL_POLICY,
            extra={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    def _message(self, number):
        found = self.server.store.get(int(number))
        if not found:
            self._missing()
            return None, None
        return found, mails.parse(found.pop("raw"))

    def _route(self, verb):
        path = urlsplit(self.path).path
        for method, pattern, name in self.routes:
            match = re.fullmatch(pattern, path)
            if match and method == verb:
                try:
                    getattr(self, name)(*match.groups())
                except (ValueError, LookupError) as error:  # a mail no parser understands
                    self._answer_json({"error": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
                return
        self._missing()

    def _missing(self):
        self._answer_json({"error": "There is nothing at this address."}, HTTPStatus.NOT_FOUND)

    def _answer_json(self, content, status=HTTPStatus.OK):
        self._answer(json.dumps(content).encode(), "application/json", status=status)

    def _answer(self, content, kind, *, status=HTTPStatus.OK, policy=PAGE_POLICY, extra=None):
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            **(extra or {}),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def server(store, host, port):
    """Return the HTTP server, to be started."""
    made = ThreadingHTTPServer((host, port), Handler)
    made.daemon_threads = True
    made.store = store
    return made


def _number(query, name, default):
    text = query.get(name, [""])[0]
    return int(text) if re.fullmatch(r"\d{1,9}", text) else default
