"""A Graph API that keeps state, posts signed webhooks back, and fails when it is asked to.

It stands for Meta in tests, in the demo and under load::

    with FakeGraph(secret="s", webhook="http://127.0.0.1:8069/...") as graph:
        ...  # account.base_url = graph.url

Faults, by the end of the recipient's number (digits before: anything)::

    ...9 + four digits of FAULTS: 90001 -> error 131026, and so on

or for the next call: ``graph.fail_next(130429)``, ``graph.fail_next("timeout")``. A page that looks
like a phone is at ``/phone``: a person plays the debtors there. With ``store`` the phones keep what
they were told when the program ends; with ``known`` it begins with templates and names.

Run by hand: ``python -m tools.doubles.whatsapp --port 4020 --secret s --webhook URL``.
"""

import argparse
import base64
import hashlib
import hmac
import itertools
import json
import socket
import sys
import threading
import time
import urllib.request
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

SECRET = "fake-secret"
STATIC = Path(__file__).with_name("static")
PAGES = {
    "phone": ("phone.html", "text/html; charset=utf-8"),
    "phone.css": ("phone.css", "text/css; charset=utf-8"),
    "phone.js": ("phone.js", "text/javascript; charset=utf-8"),
}
REVIEW = 2.0  # seconds a template is in review where templates are reviewed at all
NUMBER, WABA = "106540352242922", "102290129340398"
# HTTP status per code, as Meta's table has it; the throttles are 400.
STATUS = {
    0: 401, 190: 401, 10: 403, 200: 403, 368: 403, 131031: 403, 131005: 403, 132001: 404,
    131000: 500, 131016: 500, 131057: 500, 2: 500, 1: 500,
}  # fmt: skip
# The last five digits of a recipient -> what happens to a message.
FAULTS = {
    "90001": ("sync", 131026), "90002": ("sync", 131047), "90003": ("sync", 131056),
    "90004": ("sync", 131050), "90005": ("sync", 100), "90006": ("sync", 131000),
    "90007": ("sync", 132001), "90008": ("timeout", 0), "90009": ("lost", 0),
    "90011": ("async", 131026), "90012": ("async", 131047), "90013": ("async", 131049),
    "90014": ("async", 131050), "90015": ("async", 132015), "90016": ("async", 131042),
    "90021": ("twice", 0), "90022": ("backwards", 0), "90023": ("silent", 0),
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as a batch opens."""

    daemon_threads = True
    request_queue_size = 128
    graph = None

    def handle_error(self, request, client_address):
        """Say nothing of a caller that hung up: tests kill them."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeGraph:
    """The provider; use it as a context manager. ``url`` is the base address."""

    def __init__(
        self, port=0, secret=SECRET, webhook=None, token=None, auto=True, delay=0.0,
        store=None, known=None,
    ):  # fmt: skip
        self.secret, self.webhook, self.token = secret, webhook, token
        self.auto, self.delay = auto, delay  # whether, and after how long, statuses are posted
        self.messages = []  # what was taken: {"id", "to", "type", "body": the request}
        self.calls = []  # (method, path, body)
        self.templates = {}  # id -> template
        self.media = {}  # id -> (bytes, mimetype, filename)
        self.inbox = {}  # phone -> what the page shows
        self.headers = {}  # that go with a webhook beside its own
        self.posted = []  # (status of the answer, body) of webhooks
        self.page_size = 25
        self.next_faults = deque()
        self.always = None
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.business, self.people = "", {}  # who writes, and {number: {"name", "vat"}}
        self.reviews = False  # whether a submitted template is approved after a while
        self.store = Path(store) if store else None
        self._read(known)
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.graph = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    # -- what is kept -----------------------------------------------------------------------------

    def _read(self, known):
        """Begin with what is known of the business, and with what the phones were told before."""
        if known:
            told = json.loads(Path(known).read_text())
            self.business, self.people = told["business"], told["people"]
            self.templates = {template["id"]: template for template in told["templates"]}
        if self.store:  # no identifier is given twice, even when the file was lost
            self.numbers = itertools.count(time.time_ns() // 1_000_000)
        if self.store and self.store.exists():
            self.inbox = json.loads(self.store.read_text())["inbox"]

    def _keep(self):
        """Write down what the phones were told, whole or not at all."""
        if not self.store:
            return
        with self.lock:
            fresh = self.store.with_suffix(".new")
            fresh.write_text(json.dumps({"inbox": self.inbox}))
            fresh.replace(self.store)

    def show(self, phone, author, wamid, **message):
        """Put a message on a phone."""
        message = {"from": author, "id": wamid, "buttons": [], "time": time.time(), **message}
        self.inbox.setdefault(phone, []).append(message)

    def list_phones(self):
        """Return the phones that were written to or wrote, the latest first."""
        rows = [
            {
                "number": number,
                "last": said[-1],
                "count": sum(message["from"] == "us" for message in said),
            }
            for number, said in list(self.inbox.items())
            if said
        ]
        rows.sort(key=lambda row: -row["last"]["time"])
        return {"business": self.business, "phones": rows}

    # -- faults on demand ------------------------------------------------------------------------

    def fail_next(self, *faults):
        """Let the next calls fail: a code, or ``timeout`` (taken, no answer), ``lost`` (not taken,
        the connection breaks), ``garbage`` (an answer nobody agreed on)."""
        self.next_faults.extend(faults)

    def _get_fault(self, to):
        if self.next_faults:
            fault = self.next_faults.popleft()
            return ("sync", fault) if isinstance(fault, int) else (fault, 0)
        if self.always:
            return ("sync", self.always)
        return FAULTS.get((to or "")[-5:], ("", 0))

    # -- calls -----------------------------------------------------------------------------------

    def send(self, body):
        """Take a message and return ``(http status, answer)``; None breaks the connection."""
        if body.get("status") == "read":
            return 200, {"success": True}
        to = str(body.get("to") or body.get("recipient") or "")
        kind, code = self._get_fault(to)
        if kind == "sync":
            return get_error(code)
        if kind == "lost":
            return None
        with self.lock:
            wamid = "wamid." + base64.b64encode(f"{to}/{next(self.numbers)}".encode()).decode()
            self.messages.append({"id": wamid, "to": to, "type": body.get("type"), "body": body})
            self.show(to, "us", wamid, **self._describe(body))
        self._keep()
        if self.auto:
            threading.Timer(self.delay, self._tell, [wamid, to, body, kind, code]).start()
        if kind == "timeout":
            return None
        if kind == "garbage":
            return 200, {"well": "hello"}
        person = {"input": to, "wa_id": to} if body.get("to") else {"input": to, "user_id": to}
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [person],
            "messages": [{"id": wamid, "message_status": "accepted"}]
            if body.get("type") == "template"
            else [{"id": wamid}],
        }

    def _describe(self, body):
        """Return what the page shows of a message."""
        kind = body.get("type")
        content = body.get(kind) or {}
        buttons, label = [], ""
        if kind == "template":
            text, buttons = self._fill(content)
        elif kind == "interactive":
            text, action = content["body"]["text"], content.get("action") or {}
            label = action.get("button") or ""
            buttons = [
                {"id": row["reply"]["id"], "title": row["reply"]["title"]}
                for row in action.get("buttons") or []
            ]
            for section in action.get("sections") or []:
                buttons += [{**row, "list": True} for row in section["rows"]]
            if content["type"] == "cta_url":
                parameters = action["parameters"]
                buttons = [{"url": parameters["url"], "title": parameters["display_text"]}]
        else:
            text = content.get("body") or content.get("caption") or f"[{kind}]"
        return {"text": text, "buttons": buttons, "label": label}

    def _fill(self, content):
        found = [
            template
            for template in self.templates.values()
            if (template["name"], template["language"])
            == (content["name"], content["language"]["code"])
        ]
        parts = {c["type"]: c for c in (found[0]["components"] if found else [])}
        values, suffixes, header = {}, {}, ""
        for component in content.get("components") or []:
            kind = component["type"].lower()
            for n, parameter in enumerate(component["parameters"], start=1):
                if kind == "body":
                    values[parameter.get("parameter_name") or str(n)] = parameter["text"]
                elif kind == "button":
                    suffixes[int(component["index"])] = parameter.get("text") or ""
                elif parameter["type"] == "document":
                    header = f"📄 {parameter['document'].get('filename') or ''}\n"
        text = (parts.get("BODY") or {}).get("text") or content["name"] + " " + str(values)
        for name, value in values.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        buttons = []
        for index, button in enumerate((parts.get("BUTTONS") or {}).get("buttons") or []):
            if button["type"] == "URL":
                url = button["url"].replace("{{1}}", suffixes.get(index, ""))
                buttons.append({"url": url, "title": button["text"]})
            else:
                buttons.append({"id": button["text"], "title": button["text"], "template": True})
        return header + text, buttons

    def list_templates(self, query):
        """Return one page of the templates."""
        rows = list(self.templates.values())
        start = int((query.get("after") or ["0"])[0])
        size = min(int((query.get("limit") or [self.page_size])[0]), self.page_size)
        page, end = rows[start : start + size], start + size
        paging = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(rows):
            paging["next"] = f"{self.url}/next?after={end}"
        return 200, {"data": page, "paging": paging}

    def add_template(self, name, body, language="es", **values):
        """Put a template there as if it had been approved; return it."""
        template = {
            "id": str(1_000_000 + next(self.numbers)),
            "name": name,
            "language": language,
            "status": "APPROVED",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": body}],
            **values,
        }
        self.templates[template["id"]] = template
        return template

    def create_template(self, body):
        """Take a template for review."""
        kind, code = self._get_fault("")
        if kind:
            return get_error(code)
        template = self.add_template(
            body["name"], "", body["language"],
            components=body["components"], category=body["category"], status="PENDING",
        )  # fmt: skip
        answer = {name: template[name] for name in ("id", "status", "category")}
        self._review(template)
        return 200, answer

    def _review(self, template):
        """Approve a template after a while, and tell so."""
        if not self.reviews:
            return

        def approve():
            template["status"] = "APPROVED"
            news = {
                "event": "APPROVED",
                "message_template_id": template["id"],
                "message_template_name": template["name"],
                "message_template_language": template["language"],
                "reason": "NONE",
            }
            self.post(wrap(news, field="message_template_status_update"))

        threading.Timer(REVIEW, approve).start()

    def get_node(self, node):
        """Return a media, a template or the number."""
        if node in self.media:
            content, mimetype, _name = self.media[node]
            return 200, {
                "messaging_product": "whatsapp",
                "url": f"{self.url}/file/{node}",
                "mime_type": mimetype,
                "sha256": hashlib.sha256(content).hexdigest(),
                "file_size": len(content),
                "id": node,
            }
        if node in self.templates:
            return 200, self.templates[node]
        if node == NUMBER:
            return 200, {
                "id": NUMBER,
                "display_phone_number": "+51 955 111 222",
                "quality_rating": "GREEN",
                "throughput": {"level": "STANDARD"},
                "whatsapp_business_manager_messaging_limit": "TIER_2K",
            }
        return get_error(100)

    # -- webhooks --------------------------------------------------------------------------------

    def _tell(self, wamid, to, body, kind, code):
        opaque = body.get("biz_opaque_callback_data")
        if kind == "silent":
            return
        if kind == "async":
            error = get_error(code)[1]["error"]
            rows = [make_status(wamid, to, "failed", opaque, errors=[error])]
        else:
            states = ["sent", "delivered", "read"]
            if kind == "backwards":
                states.reverse()
            pricing = {"billable": True, "pricing_model": "PMP", "type": "regular",
                       "category": "utility"}  # fmt: skip
            rows = [
                make_status(wamid, to, state, opaque, **({"pricing": pricing} if n == 0 else {}))
                for n, state in enumerate(states)
            ]
        for row in rows:
            for _time in range(2 if kind == "twice" else 1):
                self.post(wrap({"statuses": [row]}))

    def say(self, phone, text=None, **message):
        """Let a person write; returns the id of the message."""
        wamid = f"wamid.in{next(self.numbers)}"
        content = message or {"type": "text", "text": {"body": text}}
        kind = content["type"]
        file = content[kind] if kind in ("image", "document", "audio", "video") else {}
        self.show(
            phone, "them", wamid,
            text=text or file.get("filename") or "", type=kind, file=file.get("id") or "",
        )  # fmt: skip
        self._keep()
        name = self.people.get(phone, {}).get("name") or f"Phone {phone[-4:]}"
        self.post(
            wrap(
                {
                    "contacts": [{"wa_id": phone, "profile": {"name": name}}],
                    "messages": [
                        {"id": wamid, "from": phone, "timestamp": str(int(time.time())), **content}
                    ],
                }
            )
        )
        return wamid

    def keep_media(self, content, mimetype, filename="file"):
        """Keep a file and return its id."""
        media_id = str(2_000_000 + next(self.numbers))
        self.media[media_id] = (content, mimetype, filename)
        return media_id

    def post(self, body, secret=None):
        """Post a webhook, signed; returns the status of the answer."""
        raw = json.dumps(body).encode()
        key = (secret or self.secret).encode()
        signature = hmac.new(key, raw, hashlib.sha256).hexdigest()
        status = 0
        if self.webhook:
            request = urllib.request.Request(
                self.webhook,
                raw,
                {
                    "Content-Type": "application/json",
                    "X-Hub-Signature-256": f"sha256={signature}",
                    **self.headers,
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    status = answer.status
            except OSError as error:
                status = getattr(error, "code", 0)
        self.posted.append((status, body))
        return status


def make_status(wamid, to, state, opaque=None, **more):
    """Return one status of a message."""
    row = {"id": wamid, "status": state, "timestamp": str(int(time.time())), "recipient_id": to}
    return row | ({"biz_opaque_callback_data": opaque} if opaque else {}) | more


def wrap(value, field="messages", number=NUMBER, waba=WABA):
    """Return a webhook of one change."""
    metadata = {"display_phone_number": "15550001111", "phone_number_id": number}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba, "time": int(time.time()), "changes": [{"field": field,
                   "value": value}]}],
    }  # fmt: skip


def get_error(code):
    """Return ``(http status, answer)`` of an error code."""
    error = {
        "message": f"(#{code}) Refused by the fake",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "as it was asked to"},
        "fbtrace_id": "Fake",
    }
    return STATUS.get(code, 400), {"error": error}


class Handler(BaseHTTPRequestHandler):
    """The HTTP side of a fake: the API, the page of a phone, and what a test asks for."""

    protocol_version = "HTTP/1.1"

    @property
    def graph(self):
        return self.server.graph

    def log_message(self, *_args):
        """Say nothing."""

    def do_GET(self):
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        path = parts.path.strip("/").split("/")
        self.graph.calls.append(("GET", parts.path, query))
        if len(path) == 1 and path[0] in PAGES:
            name, kind = PAGES[path[0]]
            return self._write(200, (STATIC / name).read_bytes(), kind)
        if path == ["phones"]:
            return self._answer(200, self.graph.list_phones())
        if path == ["people"]:
            return self._answer(200, self.graph.people)
        if path == ["inbox"]:
            number = (query.get("number") or [""])[0]
            return self._answer(200, self.graph.inbox.get(number, []))
        if path[0] == "file":
            content, mimetype, _name = self.graph.media.get(path[1]) or (b"", "text/plain", "")
            return self._write(200 if content else 404, content, mimetype)
        if not self._is_allowed():
            return self._answer(*get_error(190))
        if path[-1] == "message_templates":
            return self._answer(*self.graph.list_templates(query))
        return self._answer(*self.graph.get_node(path[-1]))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:  # the caller died in the middle
            self.close_connection = True
            return None
        path = urlsplit(self.path).path.strip("/").split("/")
        is_json = "json" in (self.headers.get("Content-Type") or "")
        body = json.loads(raw or b"{}") if is_json else {}
        self.graph.calls.append(("POST", self.path, body))
        if path[0] in ("say", "photo", "faults"):
            return self._answer(200, self._play(path, body, raw))
        answer = self._call(path, body, raw) if self._is_allowed() else get_error(190)
        if answer is None:  # the caller never learns what became of it
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return self._answer(*answer)

    def _play(self, path, body, raw):
        """Do what the page of a phone, or a test, asks for."""
        if path[0] == "say":
            return {"id": self.graph.say(body.pop("phone"), **body)}
        if path[0] == "faults":
            self.graph.fail_next(*body["faults"])
            return {"success": True}
        mimetype = self.headers["Content-Type"]
        kind = "image" if mimetype.startswith("image/") else "document"
        name = unquote(self.headers.get("X-Filename") or "")
        media = {"id": self.graph.keep_media(raw, mimetype, name), "mime_type": mimetype}
        if kind == "document":
            media["filename"] = name or "documento.pdf"
        return {"id": self.graph.say(path[1], None, type=kind, **{kind: media})}

    def _call(self, path, body, raw):
        """Return ``(http status, answer)`` of a call of the API."""
        last = path[-1]
        if last == "messages":
            return self.graph.send(body)
        if last == "media":
            return 200, {"id": self.graph.keep_media(raw, "application/pdf")}
        if last == "message_templates":
            return self.graph.create_template(body)
        if last == "unpause":
            self.graph.templates[path[-2]]["status"] = "APPROVED"
        elif last in self.graph.templates:
            self.graph.templates[last] |= {"status": "PENDING", **body}
            self.graph._review(self.graph.templates[last])
        return 200, {"success": True}

    def _is_allowed(self):
        token = self.graph.token
        return not token or self.headers.get("Authorization") == f"Bearer {token}"

    def _answer(self, status, body):
        return self._write(status, json.dumps(body).encode(), "application/json")

    def _write(self, status, content, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4020)
    parser.add_argument("--secret", default=SECRET)
    parser.add_argument("--token")
    parser.add_argument("--webhook")
    parser.add_argument("--store", help="a file that keeps what the phones were told")
    parser.add_argument("--known", help="a file of the business, its templates and its debtors")
    options = parser.parse_args()
    graph = FakeGraph(
        options.port, options.secret, options.webhook, options.token,
        delay=0.5, store=options.store, known=options.known,
    )  # fmt: skip
    graph.reviews = True
    print(f"{graph.url}/phone")
    graph.server.serve_forever()


if __name__ == "__main__":
    main()
