"""What Twilio's answer, or its silence, means for a call."""

from odoo.addons.collections_management.engine.connection import never_left
from odoo.addons.collections_management.engine.delivery import Outcome

STOPPED = "voice_stopped"
BUSY = "voice_throttled"
SILENT = "voice_silent"
# The account or its number: nothing can leave until an administrator looks at it.
ACCOUNT = frozenset({10001, 20003, 20005, 20404, 21210, 21212})
SLOW = frozenset({20429})
ADDRESS = frozenset({21201, 21211, 21214, 21217, 21614})
REASONS = {
    21215: "voice_country",
    13227: "voice_country",
    21216: "voice_blocked",
    21219: "voice_trial",
    21608: "voice_trial",
    21610: "voice_blocked",
}


def read_answer(status, payload):
    """Return the outcome of a request to call somebody that was answered.

    :param int status: of HTTP
    :param payload: the JSON of the answer, None when it was none
    """
    payload = payload if isinstance(payload, dict) else {}
    if 200 <= status < 300:
        sid = payload.get("sid")
        if isinstance(sid, str) and sid:
            return Outcome("sent", reference=sid)
        return Outcome("uncertain", SILENT, "No identifier in the answer.")
    code, words = payload.get("code"), str(payload.get("message") or f"HTTP {status}")
    if isinstance(code, int) and code:
        words = f"{code}: {words}"
    if status == 429 or code in SLOW:
        return Outcome("retry", BUSY, words, down=True)
    if code in ADDRESS:
        return Outcome("failed", "invalid_address", words)
    if code in REASONS:
        return Outcome("failed", REASONS[code], words)
    if code in ACCOUNT or status in (401, 403):
        return Outcome("retry", STOPPED, words, down=True)
    if status >= 500 or status == 408:
        return Outcome("uncertain", SILENT, words)
    return Outcome("failed", "voice_refused", words)


def read_failure(error):
    """Return the outcome of a request that got no answer."""
    if never_left(error):
        return Outcome("retry", "channel_down", str(error), down=True)
    return Outcome("uncertain", SILENT, str(error))
