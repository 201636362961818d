"""The simulated phones: what a person does there arrives as the provider tells it, and nothing is
forgotten when the program ends."""

import json
import threading
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools.doubles import whatsapp
from tools.doubles.whatsapp import FakeGraph
from tools.house import phones

NUMBER = "51987654321"
BODY = "Hola {{1}}, tiene *{{2}}* por pagar."
KNOWN = {
    "business": "Distribuidora Andina",
    "people": {NUMBER: {"name": "Bodega Sol", "vat": "20100070970"}},
    "templates": [
        phones._describe(
            ("7", "aviso", "es", "APPROVED", "utility", BODY, "", "Ya pagué, Basta", "Pagar",
             "http://localhost:8069/c/{{1}}")
        )
    ],
}  # fmt: skip
MESSAGE = {
    "to": NUMBER,
    "type": "template",
    "template": {
        "name": "aviso",
        "language": {"code": "es"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Sol"},
                                            {"type": "text", "text": "S/ 10"}]},
            {"type": "button", "sub_type": "url", "index": "2",
             "parameters": [{"type": "text", "text": "abc"}]},
        ],
    },
}  # fmt: skip


@pytest.fixture
def told(tmp_path):
    """A graph that knows the demo's business, with the file it keeps: a function that starts it."""
    known = tmp_path / "known.json"
    known.write_text(json.dumps(KNOWN))

    def make(**options):
        store = tmp_path / "phones.json"
        return FakeGraph(auto=False, known=known, store=store, **options)

    return make


@contextmanager
def listening():
    """Somebody who is told; yields the URL and the list of what was posted."""
    posted = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", posted
    server.shutdown()
    server.server_close()


def ask(graph, path, body=None, **headers):
    request = urllib.request.Request(graph.url + path, body, headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def test_a_template_is_read_as_the_debtor_does(told):
    with told() as graph:
        graph.send(MESSAGE)
        [said] = json.loads(ask(graph, f"/inbox?number={NUMBER}"))
        assert said["text"] == "Hola Sol, tiene *S/ 10* por pagar."
        assert [button["title"] for button in said["buttons"]] == ["Ya pagué", "Basta", "Pagar"]
        assert said["buttons"][-1]["url"] == "http://localhost:8069/c/abc"
        listed = json.loads(ask(graph, "/phones"))
        assert listed["business"] == "Distribuidora Andina"
        assert [(row["number"], row["count"]) for row in listed["phones"]] == [(NUMBER, 1)]
        assert json.loads(ask(graph, "/people"))[NUMBER]["name"] == "Bodega Sol"
        for name in ("phone", "phone.css", "phone.js"):
            assert ask(graph, f"/{name}")


def test_what_the_phones_were_told_outlives_the_program(told):
    with told() as graph:
        graph.send(MESSAGE)
        first = graph.say(NUMBER, "hola")
    with told() as graph:
        said = json.loads(ask(graph, f"/inbox?number={NUMBER}"))
        assert [one["from"] for one in said] == ["us", "them"]
        graph.send(MESSAGE)
        ids = [one["id"] for one in graph.inbox[NUMBER]] + [graph.say(NUMBER, "hola")]
        assert first in ids
        assert len(set(ids)) == len(ids), "an id that was given is not given again"


def test_a_photo_and_a_pdf_arrive_as_what_they_are(told):
    with listening() as (url, posted), told(webhook=url) as graph:
        ask(graph, f"/photo/{NUMBER}", b"png", **{"Content-Type": "image/png"})
        name = urllib.parse.quote("depósito.pdf")
        ask(graph, f"/photo/{NUMBER}", b"%PDF", **{"Content-Type": "application/pdf",
                                                    "X-Filename": name})  # fmt: skip
        changes = [body["entry"][0]["changes"][0]["value"] for body in posted]
        photo, document = (change["messages"][0] for change in changes)
        assert changes[0]["contacts"][0]["profile"]["name"] == "Bodega Sol"
        assert (photo["type"], document["type"]) == ("image", "document")
        assert document["document"]["filename"] == "depósito.pdf"
        node = json.loads(ask(graph, f"/v24.0/{photo['image']['id']}"))
        assert ask(graph, urllib.parse.urlsplit(node["url"]).path) == b"png"
        assert graph.inbox[NUMBER][0]["file"] == photo["image"]["id"]


def test_a_submitted_template_is_approved_after_a_while(told, monkeypatch):
    monkeypatch.setattr(whatsapp, "REVIEW", 0.1)
    with listening() as (url, posted), told(webhook=url) as graph:
        graph.reviews = True
        _status, answer = graph.create_template(
            {"name": "nuevo", "language": "es", "category": "UTILITY", "components": []}
        )
        assert answer["status"] == "PENDING"
        limit = time.monotonic() + 10
        while not posted and time.monotonic() < limit:
            time.sleep(0.05)
        change = posted[0]["entry"][0]["changes"][0]
        assert change["field"] == "message_template_status_update"
        assert change["value"]["message_template_id"] == answer["id"]
        assert graph.templates[answer["id"]]["status"] == "APPROVED"
