"""A Twilio of our own on loopback, for tests: it takes calls, and behaves as a phone would.

It keeps state, checks who asks, signs what it says, and fails when it is told to. Numbers choose
their fate: ``faults[number]`` is ``(HTTP status, code)``, ``"lost"`` (the call is made, the answer
to the request is not) or ``"dropped"`` (nothing is made, no answer either).
"""

import json
import secrets
import threading
from base64 import b64encode
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

from lxml import etree

from odoo.addons.collections_management.engine.form_signature import sign

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "token-of-the-fake"
FROM = "+15017122661"


class TwilioFake(ThreadingHTTPServer):
    """``with TwilioFake() as twilio``: listens on ``twilio.url`` until the end of the block."""

    daemon_threads = True

    def __init__(self, token=TOKEN):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = token
        self.calls = []
        self.faults = {}
        self.requests = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()

    def make(self, form):
        values = dict(form)
        call = {
            "sid": "CA" + secrets.token_hex(16),
            "account_sid": SID,
            "api_version": "2010-04-01",
            "to": values["To"],
            "from": values["From"],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": format_datetime(datetime.now(timezone.utc)),
            "duration": None,
            "answered_by": None,
        }
        self.calls.append({"form": form, "number": -1, "twiml": None, "record": call, **call})
        return call

    def find(self, sid):
        return next((call for call in self.calls if call["sid"] == sid), None)


class Phone:
    """The other end of a call: picks up, presses keys, hangs up, with signed requests."""

    def __init__(self, twilio, call, post):
        self.twilio, self.call, self.post = twilio, call, post
        self.form = dict(call["form"])
        self.root = None
        self.gone = False
        self.spoken = []  # all that was said

    def send(self, url, token=None, params=None, **fields):
        """Post to an address as Twilio would."""
        body = {
            "CallSid": self.call["sid"], "AccountSid": SID, "From": FROM,
            "To": self.call["to"], "ApiVersion": "2010-04-01", **fields,
        }  # fmt: skip
        pairs = [(name, value) for name, value in body.items() if value is not None]
        pairs += params or []
        signature = sign(token or self.twilio.token, url, pairs)
        return self.post(url, pairs, {"X-Twilio-Signature": signature})

    def status(self, state, number=None, **fields):
        """Tell of a state; counted on unless the number is given."""
        if number is None:
            self.call["number"] += 1
            number = self.call["number"]
        self.call["record"]["status"] = state
        return self.send(
            self.form["StatusCallback"], CallStatus=state, SequenceNumber=str(number), **fields
        )

    def pick_up(self, answered_by=None):
        by = {"AnsweredBy": answered_by} if answered_by else {}
        return self._follow(self.send(self.form["Url"], CallStatus="in-progress", **by))

    def press(self, keys):
        gather = self.root.find("Gather")
        assert gather is not None, "nobody waits for a key"
        return self._follow(
            self.send(gather.get("action"), CallStatus="in-progress", Digits=keys, msg="Gather End")
        )

    def hang_up(self, seconds=30, **fields):
        return self.status("completed", CallDuration=str(seconds), **fields)

    def _follow(self, response):
        if response.status_code != 200:
            return response
        self.root = etree.fromstring(response.content)
        self.spoken += self.said
        self.gone = self.root.find("Gather") is None
        return response

    @property
    def said(self):
        """What was said last."""
        return [element.text for element in self.root.iter("Say")]


class Handler(BaseHTTPRequestHandler):
    """``Calls.json``: create, list, get, cancel."""

    def do_POST(self):
        form = parse_qsl(self._read(), keep_blank_values=True)
        if not self._is_known():
            return
        path = urlsplit(self.path).path
        if path.endswith("/Calls.json"):
            self._create(form)
        elif call := self.server.find(path.rsplit("/", 1)[-1].removesuffix(".json")):
            call["record"]["status"] = dict(form).get("Status", call["record"]["status"])
            self._answer(200, call["record"])
        else:
            self._refuse(404, 20404)

    def do_GET(self):
        if not self._is_known():
            return
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/Calls.json"):
            rows = [
                call["record"]
                for call in self.server.calls
                if call["to"] == query.get("To", call["to"])
            ]
            address = f"{self.server.url}{self.path}"  # the description asks for whole addresses
            page = {
                "calls": rows, "start": 0, "end": 0, "page": 0, "page_size": 50, "uri": address,
                "first_page_uri": address, "next_page_uri": None, "previous_page_uri": None,
            }  # fmt: skip
            self._answer(200, page)
        elif call := self.server.find(parts.path.rsplit("/", 1)[-1].removesuffix(".json")):
            self._answer(200, call["record"])
        else:
            self._refuse(404, 20404)

    def _create(self, form):
        self.server.requests.append(form)
        fault = self.server.faults.get(dict(form).get("To"))
        if fault == "dropped":
            self.close_connection = True
        elif fault == "lost":
            self.server.make(form)
            self.close_connection = True
        elif fault:
            self._refuse(*fault)
        else:
            self._answer(201, self.server.make(form))

    def _is_known(self):
        known = b64encode(f"{SID}:{self.server.token}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {known}" and f"/{SID}/" in self.path:
            return True
        self._refuse(401, 20003)
        return False

    def _read(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def _refuse(self, status, code):
        self._answer(
            status,
            {
                "code": code,
                "message": f"Refused with {code}",
                "more_info": f"https://www.twilio.com/docs/errors/{code}",
                "status": status,
            },
        )

    def _answer(self, status, payload):
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass
