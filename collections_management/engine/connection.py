"""What a broken connection tells of the message that was to go through it."""

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


def never_left(error):
    """Tell whether a request certainly did not reach the other side: no connection was made.

    Whatever breaks later may have broken after the other side took it.

    :param error: a ``requests.RequestException``
    """
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(cause, (NewConnectionError, ConnectTimeoutError))
