"""Where a secret may be sent, and what a broken connection tells of what was to go through it."""

import ipaddress
from urllib.parse import urlsplit

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


def never_left(error):
    """Tell whether a request certainly did not reach the other side: no connection was made.

    Whatever breaks later may have broken after the other side took it.

    :param error: a ``requests.RequestException``
    """
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(cause, (NewConnectionError, ConnectTimeoutError))


def is_safe(url):
    """Tell whether a password may be sent there: https, or this very machine."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username or parts.password or parts.query or parts.fragment:
        return False
    if parts.scheme == "https" and host:
        return True
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return parts.scheme == "http" and loopback
