"""The one place from which webhooks reach the network: where to, and for how long."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

TIMEOUT = 10  # seconds to connect, and between two pieces of the answer
ANSWER_BYTES = 2000


class Answer(NamedTuple):
    """What a target answered: status code (0: nothing came back), its text, or what went wrong."""

    code: int
    text: str = ""
    error: str = ""

    @property
    def taken(self):
        return 200 <= self.code < 300


class Refused(Exception):
    """The address is not one that may be written to; ``str()`` is the word for why."""


class PinnedAdapter(HTTPAdapter):
    """Connect to an address that was checked, whatever the name resolves to a moment later; the
    certificate is still the name's."""

    def __init__(self, host, address):
        self.host, self.address = host, address
        super().__init__(max_retries=0)

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        request.headers["Host"] = parts.netloc.rpartition("@")[2]
        if parts.scheme == "https":
            names = {"assert_hostname": self.host, "server_hostname": self.host}
            self.poolmanager.connection_pool_kw.update(names)
        literal = f"[{self.address}]" if ":" in self.address else self.address
        port = f":{parts.port}" if parts.port else ""
        request.url = urlunsplit(parts._replace(netloc=literal + port))
        return super().send(request, **kwargs)


def is_public(address):
    """Tell whether an IP address is one of the open internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return (mapped or found).is_global and not found.is_multicast


def resolve(host, port):
    """Return the IP addresses of a host.

    :raise OSError: when it has none
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [address[0] for *_kind, address in found]


def post(url, body, headers, *, allow_private=False):
    """Send a body and return the ``Answer``; follows no redirect, uses no proxy and no netrc.

    :raise Refused: ``scheme``, or ``private`` for an address of this machine or of its network
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("scheme")
    try:
        addresses = resolve(parts.hostname, parts.port or parts.scheme)
        if not allow_private and not all(map(is_public, addresses)):
            raise Refused("private")
        with requests.Session() as session:
            session.trust_env = False
            session.mount(f"{parts.scheme}://", PinnedAdapter(parts.hostname, addresses[0]))
            with session.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                text = next(response.iter_content(ANSWER_BYTES), b"")
                return Answer(response.status_code, text.decode("utf-8", "replace"))
    except (requests.RequestException, OSError, ValueError) as error:
        return Answer(0, error=str(error)[:500])
