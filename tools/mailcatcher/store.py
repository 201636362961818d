"""The messages, in one SQLite file."""

import contextlib
import email
import email.policy
import json
import sqlite3
import threading
from datetime import datetime, timezone
from email.utils import getaddresses

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    text TEXT NOT NULL,
    attachments INTEGER NOT NULL,
    raw BLOB NOT NULL
)
"""
LISTED = "id, received, mail_from, rcpt_to, sender, recipient, subject, message_id, attachments"
SEARCHED = ("subject", "sender", "recipient", "rcpt_to", "text")


class Store:
    """Adds, lists and reads messages; one connection per thread."""

    def __init__(self, path):
        self.path = str(path)
        self.local = threading.local()
        with self._link() as link:
            link.execute("PRAGMA journal_mode = WAL")
            link.execute(SCHEMA)

    @contextlib.contextmanager
    def _link(self):
        if not hasattr(self.local, "link"):
            self.local.link = sqlite3.connect(self.path, timeout=30)
            self.local.link.row_factory = sqlite3.Row
            self.local.link.execute("PRAGMA synchronous = NORMAL")
        with self.local.link:
            yield self.local.link

    def add(self, mail_from, rcpt_to, raw):
        """Keep one message as it came over SMTP; return its id."""
        message = parse(raw)
        values = {
            "received": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "mail_from": mail_from or "",
            "rcpt_to": json.dumps(rcpt_to),
            "sender": people(message, "From"),
            "recipient": people(message, "To"),
            "subject": header(message, "Subject"),
            "message_id": header(message, "Message-ID"),
            "text": plain_text(message),
            "attachments": len(attachments(message)),
            "raw": raw,
        }
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with self._link() as link:
            sql = f"INSERT INTO message ({columns}) VALUES ({marks})"
            return link.execute(sql, values).lastrowid

    def find(self, search="", limit=50, offset=0):
        """Return (total, newest messages first) of those that contain every word."""
        words = [f"%{_escape(word)}%" for word in search.split()]
        each = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in SEARCHED)
        where = " AND ".join(f"({each})" for _word in words) or "1"
        values = [word for word in words for _column in SEARCHED]
        with self._link() as link:
            sql = f"SELECT count(*) FROM message WHERE {where}"
            total = link.execute(sql, values).fetchone()[0]
            sql = (
                f"SELECT {LISTED}, substr(text, 1, 160) AS excerpt FROM message "
                f"WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?"
            )
            rows = link.execute(sql, [*values, limit, offset]).fetchall()
        return total, [_as_dict(row) for row in rows]

    def get(self, number):
        """Return one message as a dict with its raw source, or None."""
        with self._link() as link:
            sql = f"SELECT {LISTED}, text, raw FROM message WHERE id = ?"
            row = link.execute(sql, [number]).fetchone()
        return row and _as_dict(row)

    def delete(self, number=None):
        """Delete one message, or all; return how many went."""
        where, values = ("WHERE id = ?", [number]) if number is not None else ("", [])
        with self._link() as link:
            return link.execute(f"DELETE FROM message {where}", values).rowcount


def parse(raw):
    """Return the message with the modern interface of the email package."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def header(message, name):
    """Return a decoded header; a malformed one as it came."""
    try:
        return str(message.get(name, "") or "")
    except Exception:  # noqa: BLE001 - any garbage may come over SMTP, and must be shown
        raw = dict(message.raw_items()).get(name, "")
        return str(raw)


def people(message, name):
    """Return a header of addresses as a person reads it: names without their quotes."""
    text = header(message, name)
    pairs = getaddresses([text])
    if not any(address for _name, address in pairs):
        return text
    return ", ".join(f"{name} <{address}>" if name else address for name, address in pairs)


def body(message, kind):
    """Return the text of the first part of a kind ('plain' or 'html') that is no attachment."""
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and not part.is_attachment():
            return _decoded(part)
    return ""


def plain_text(message):
    """Return what to search and show in the list: the plain part, else the words of the HTML."""
    text = body(message, "plain")
    if not text:
        text = _words(body(message, "html"))
    return " ".join(text.split())


def attachments(message):
    """Return the parts a person would download, inline images included."""
    return [
        part
        for part in message.walk()
        if not part.is_multipart() and (part.is_attachment() or part.get_filename())
    ]


def _decoded(part):
    content = part.get_payload(decode=True) or b""
    charset = part.get_content_charset() or "utf-8"
    try:
        return content.decode(charset, errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def _words(html):
    import lxml.html

    if not html.strip():
        return ""
    try:
        tree = lxml.html.fromstring(html)
    except (ValueError, lxml.etree.ParserError):
        return html
    for element in tree.xpath("//style | //script"):
        element.drop_tree()
    return " ".join(tree.itertext())


def _escape(word):
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _as_dict(row):
    found = dict(row)
    found["rcpt_to"] = json.loads(found["rcpt_to"])
    return found
