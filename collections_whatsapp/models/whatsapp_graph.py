"""The one place from which WhatsApp's Graph API is called."""

import logging
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from odoo.addons.collections_management.engine.connection import is_safe, never_left

from ..engine.errors import Fault, read_error

_logger = logging.getLogger(__name__)

TIMEOUT = 20  # seconds to connect, and between two pieces of the answer
META = re.compile(r"(?:[a-z0-9-]+\.)*(?:facebook\.com|fbsbx\.com|whatsapp\.net)")
CHUNK = 65_536
CONNECTIONS = 20  # kept open at once: a batch sends from threads


class TooLarge(Exception):
    """A file is larger than it may be."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back of a call: its data, or the fault."""

    data: dict = field(default_factory=dict)
    fault: Fault | None = None


class Graph:
    """Connections to the API for one account; holds plain values only, so it outlives commits."""

    def __init__(self, base_url, version, token):
        self.root = f"{base_url.rstrip('/')}/{version}"
        self.host = urlsplit(base_url).hostname
        self.session = requests.Session()
        pool = HTTPAdapter(pool_maxsize=CONNECTIONS)
        self.session.mount("https://", pool)
        self.session.mount("http://", pool)
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.session.close()

    def call(self, method, path, **kwargs):
        """Return the ``Reply`` of a call; never raises for what the network or WhatsApp does."""
        try:
            answer = self.session.request(
                method,
                f"{self.root}/{path}",
                timeout=TIMEOUT,
                allow_redirects=False,
                **kwargs,
            )
        except requests.RequestException as error:
            kind = "unreachable" if never_left(error) else "unknown"
            return Reply(fault=Fault(kind, None, type(error).__name__))
        try:
            data = answer.json()
        except ValueError:
            data = None
        if answer.ok and isinstance(data, dict) and "error" not in data:
            return Reply(data)
        error = data.get("error") if isinstance(data, dict) else None
        status = 500 if answer.ok else answer.status_code  # "well", in words nobody agreed on
        fault = read_error(error, status)
        _logger.info("WhatsApp answered %s to %s: %s", answer.status_code, method, fault.message)
        return Reply(fault=fault)

    def send(self, number, message):
        """Send one message from a number."""
        return self.call("POST", f"{number}/messages", json=message)

    def upload(self, number, content, filename, mimetype):
        """Upload a file and return a ``Reply`` with its ``id``."""
        return self.call(
            "POST",
            f"{number}/media",
            data={"messaging_product": "whatsapp", "type": mimetype},
            files={"file": (filename, content, mimetype)},
        )

    def download(self, media_id, limit):
        """Return ``(bytes, mimetype)`` of a media that a person sent, asked for by its id.

        :raise TooLarge: when it is larger than ``limit``
        :raise requests.RequestException: when it cannot be fetched
        """
        reply = self.call("GET", media_id)
        url = reply.data.get("url")
        host = urlsplit(url or "").hostname or ""
        if not is_safe(url, query=True) or not (META.fullmatch(host) or host == self.host):
            raise requests.RequestException(reply.fault.message if reply.fault else "no address")
        with self.session.get(url, timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
            answer.raise_for_status()
            content = bytearray()
            for chunk in answer.iter_content(CHUNK):
                content += chunk
                if len(content) > limit:
                    raise TooLarge(media_id)
        return bytes(content), reply.data.get("mime_type") or "application/octet-stream"
