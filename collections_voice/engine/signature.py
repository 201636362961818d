"""X-Twilio-Signature: who really called us."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit


def sign(token, url, params=()):
    """Return the signature of a form POST.

    :param url: the public address, with its query
    :param params: ``[(name, value)]`` of the body
    """
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(params)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(token, url, params, signature, body=None):
    """Tell whether a request is the provider's. Without a token nobody is.

    :param body: bytes of a body that is no form; its hash is then in the query, ``bodySHA256``
    """
    if not token or not signature:
        return False
    if body is not None:
        told = dict(parse_qsl(urlsplit(url).query)).get("bodySHA256", "")
        known = hashlib.sha256(body).hexdigest()
        if not hmac.compare_digest(known.encode(), told.lower().encode()):
            return False
        params = ()
    expected = sign(token, url, params)
    return hmac.compare_digest(expected.encode(), signature.encode())
