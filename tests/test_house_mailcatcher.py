"""The mail catcher: what is sent over SMTP is what the page shows, and nothing it contains runs."""

import json
import smtplib
import threading
import urllib.error
import urllib.parse
import urllib.request
from email import policy
from email.message import EmailMessage

import pytest

from tools.mailcatcher import smtp, web
from tools.mailcatcher.store import Store


@pytest.fixture
def catcher(tmp_path):
    """A catcher on free ports: (send, get, page address)."""
    store = Store(tmp_path / "mails.sqlite")
    page = web.server(store, "127.0.0.1", 0)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    mail = smtp.controller(store, "127.0.0.1", _free_port())
    mail.start()
    yield Catcher(mail.port, f"http://127.0.0.1:{page.server_port}")
    mail.stop()
    page.shutdown()
    page.server_close()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Catcher:
    def __init__(self, port, address):
        self.port = port
        self.address = address

    def send(self, message, to=("ana@example.com",)):
        with smtplib.SMTP("127.0.0.1", self.port) as link:
            link.sendmail("cobranza@example.com", list(to), message)

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.address + path, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read(), answer.headers

    def json(self, path, method="GET"):
        return json.loads(self.ask(path, method)[0])


def reminder(subject="Recordatorio de pago: 1 200,50", html="<p>Hola <b>Ana</b></p>"):
    message = EmailMessage()
    message["From"] = "Cobranza Perú <cobranza@example.com>"
    message["To"] = '"Ñáñez S.A.C., Ana" <ana@example.com>'
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.com>"
    message.set_content("Hola Ana, tienes 1 200,50 por pagar.")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="año.pdf")
    return message.as_bytes(policy=policy.SMTP)


def test_a_mail_is_listed_read_and_downloaded_as_it_was_sent(catcher):
    catcher.send(reminder(), to=["ana@example.com", "copia@example.com"])
    answer = catcher.json("/api/messages")
    assert answer["total"] == 1
    [listed] = answer["messages"]
    assert listed["subject"] == "Recordatorio de pago: 1 200,50"
    assert listed["recipient"] == "Ñáñez S.A.C., Ana <ana@example.com>"
    assert listed["rcpt_to"] == ["ana@example.com", "copia@example.com"]
    assert listed["message_id"] == "<1@example.com>"
    assert listed["excerpt"] == "Hola Ana, tienes 1 200,50 por pagar."
    read = catcher.json(f"/api/messages/{listed['id']}")
    assert read["has_html"]
    [attachment] = read["attachments"]
    assert (attachment["name"], attachment["size"]) == ("año.pdf", 8)
    content, headers = catcher.ask(attachment["url"])
    assert content == b"%PDF-1.4"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert b"Message-ID: <1@example.com>" in catcher.ask(f"/messages/{listed['id']}/raw")[0]


@pytest.mark.parametrize(
    ("search", "found"),
    [("pago", 1), ("ANA recordatorio", 1), ("nadie", 0), ("100%", 0), ("_", 0), ("Ñáñez", 1)],
)
def test_search_wants_every_word_somewhere(catcher, search, found):
    catcher.send(reminder())
    query = urllib.parse.urlencode({"search": search})
    assert catcher.json(f"/api/messages?{query}")["total"] == found


def test_the_html_of_a_mail_can_run_nothing_and_reach_nothing(catcher):
    catcher.send(reminder(html="<script>alert(1)</script><img src=http://x.example/p.gif>"))
    [listed] = catcher.json("/api/messages")["messages"]
    _content, headers = catcher.ask(f"/messages/{listed['id']}/html")
    policy = headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    page = catcher.ask("/")[0].decode()
    assert "allow-scripts" not in page
    assert "allow-same-origin" not in page
    assert "innerHTML" not in catcher.ask("/page.js")[0].decode()


def test_garbage_is_kept_and_shown_too(catcher):
    catcher.send(b"Subject: =?bad?q?x\r\nContent-Type: text/html; charset=nope\r\n\r\n\xff<p>")
    catcher.send(b"")
    messages = catcher.json("/api/messages")["messages"]
    assert len(messages) == 2
    for message in messages:
        assert catcher.json(f"/api/messages/{message['id']}")["id"] == message["id"]


def test_deleting_one_and_all(catcher):
    for number in range(3):
        catcher.send(reminder(subject=f"Mail {number}"))
    first = catcher.json("/api/messages?limit=1")["messages"][0]
    assert catcher.json(f"/api/messages/{first['id']}", "DELETE") == {"deleted": 1}
    assert catcher.json("/api/messages", "DELETE") == {"deleted": 2}
    assert catcher.json("/api/messages") == {"total": 0, "messages": []}


@pytest.mark.parametrize("path", ["/api/messages/7", "/messages/7/html", "/../store.py", "/x"])
def test_what_is_not_there_answers_404(catcher, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        catcher.ask(path)
    assert caught.value.code == 404
