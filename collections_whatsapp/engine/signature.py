"""Whether a webhook was signed with the app's secret."""

import hashlib
import hmac

PREFIX = "sha256="


def sign(body, secret):
    """Return the value of ``X-Hub-Signature-256`` for the raw bytes of a body."""
    return PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body, header, secret):
    """Tell, in constant time, whether a header is the signature of these bytes.

    Without a secret nothing is signed: whoever could not set one up must not be believed.
    """
    if not secret or not header:
        return False
    return hmac.compare_digest(sign(body, secret).encode(), header.encode())
