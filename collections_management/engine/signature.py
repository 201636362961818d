"""The signature of an outgoing webhook: who receives one can tell that we sent it, and when.

How a receiver verifies, in any language:

1. take the body exactly as it arrived, as bytes, before parsing it;
2. compute HMAC-SHA256 with the webhook's secret over ``<X-Collections-Timestamp>.<body>``;
3. compare ``v1=`` and its hexadecimal digest with ``X-Collections-Signature``, in constant time;
4. refuse a timestamp that is older than some minutes, so that nobody replays an old message;
5. note ``X-Collections-Delivery`` and ignore a second message with the same one.
"""

import hashlib
import hmac

VERSION = "v1"
# Seconds a message may be old, or a clock ahead.
TOLERANCE = 300


def sign(secret, timestamp, body):
    """Return the value of ``X-Collections-Signature``.

    :param str secret: the webhook's secret
    :param int timestamp: seconds since 1970, as in ``X-Collections-Timestamp``
    :param bytes body: exactly what is sent
    """
    signed = b"%d." % timestamp + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"{VERSION}={digest}"


def verify(secret, timestamp, body, signature, *, now, tolerance=TOLERANCE):
    """Tell whether a message is ours and fresh; what a receiver does.

    :param str timestamp: the header as it arrived
    :param str signature: the header as it arrived
    :param int now: seconds since 1970
    """
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > tolerance:
        return False
    signed = timestamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"{VERSION}={digest}".encode(), signature.encode())
