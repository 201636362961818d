"""Where a secret may be sent, and what a broken connection tells of what was to go through it."""

from urllib.parse import urlsplit

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def never_left(error):
    """Tell whether a request certainly did not reach the other side: no connection was made.

    Whatever breaks later may have broken after the other side took it.

    :param error: a ``requests.RequestException``
    """
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(cause, (NewConnectionError, ConnectTimeoutError))


def is_safe(url, query=False):
    """Tell whether a secret may be sent there: https, or this very machine.

    :param query: whether the address may have one, as a provider's own link to a file does
    """
    try:
        parts = urlsplit(url or "")
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.password or port == 0:
        return False
    if not query and (parts.query or parts.fragment):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
