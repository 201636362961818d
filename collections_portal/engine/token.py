"""The secret word of a link: 128 bits, written with 22 characters that need no escaping.

A link keeps no token. It is made anew from what the link keeps and the secret of the database, and
found by its fingerprint: who reads the table opens nothing, and no time of an answer tells how near
a guess was.
"""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256

BYTES = 16
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def make_token(digest):
    """Return the token of a keyed digest, given as hexadecimal text of 128 bits or more."""
    return urlsafe_b64encode(bytes.fromhex(digest)[:BYTES]).decode().rstrip("=")


def get_fingerprint(token):
    """Return what a link is found by."""
    return sha256(token.encode()).hexdigest()


def is_token(text):
    """Tell whether a text can be a token at all."""
    return isinstance(text, str) and bool(TOKEN.fullmatch(text))
