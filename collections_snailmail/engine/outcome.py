"""What snailmail's answer, or its silence, means for a letter.

What went wrong is either the house's (no credit), this letter's (its address, its country), or the
line's. Only the house's stops the letters behind it, and no other channel is tried for it: it ends
when somebody pays.
"""

from odoo.addons.collections_management.engine.delivery import Outcome

# Code of snailmail -> reason of the contact.
HOUSE = {"CREDIT_ERROR": "snailmail_credit", "TRIAL_ERROR": "snailmail_trial"}
LETTER = {
    "NO_PRICE_AVAILABLE": "snailmail_price",
    "MISSING_REQUIRED_FIELDS": "snailmail_fields",
    "FORMAT_ERROR": "snailmail_format",
    "ATTACHMENT_ERROR": "snailmail_format",
}
# Names of exceptions of the HTTP client, at whatever depth.
NO_CONNECTION = {
    "ConnectTimeout", "NewConnectionError", "ProxyError", "SSLCertVerificationError",
}  # fmt: skip
HOUSE_REASONS = frozenset(HOUSE.values())


def read_answer(state, code, words, reference):
    """Return the outcome of a letter that snailmail answered about.

    :param state: of the letter: ``sent``, ``error``, or ``pending`` when the answer left it out
    :param code: snailmail's code of the error
    :param words: what it said
    """
    if state == "sent":
        return Outcome("sent", reference=reference)
    if state != "error":
        return Outcome("uncertain", "snailmail_silent", reference=reference)
    known = HOUSE.get(code) or LETTER.get(code)
    if known:
        return Outcome("failed", known, reference=reference)
    return Outcome("failed", "snailmail_refused", words, reference)


def read_failure(error, words, reference):
    """Return the outcome of a call that got no answer to read.

    :param error: the exception of the HTTP client, or None when it was something else
    :param words: what went wrong
    """
    if _never_connected(error) or _was_turned_away(error):
        return Outcome("retry", "channel_down", words, reference, down=True)
    return Outcome("uncertain", "snailmail_silent", words, reference)


def _never_connected(error):
    """Tell whether nothing can have left: there was no connection to leave through."""
    names = set()
    for _depth in range(5):  # an HTTP client wraps what went wrong in what went wrong
        names.update(kind.__name__ for kind in type(error).__mro__)
        inner = next((arg for arg in getattr(error, "args", ()) if _is_error(arg)), None)
        error = getattr(error, "reason", None) or inner
    return bool(names & NO_CONNECTION)


def _is_error(value):
    return isinstance(value, Exception)


def _was_turned_away(error):
    """Tell whether the server refused the call itself; on a 5xx it may have begun to work."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return 400 <= status < 500 and status != 408
