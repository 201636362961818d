"""What the provider's word on one text message means."""

from odoo.addons.collections_management.engine.delivery import Outcome

# Of Odoo's own states: it was taken.
TAKEN = frozenset({"success", "processing", "sent", "delivered"})
# The number is of no use: the next person, or the next channel.
BAD_NUMBER = frozenset({"wrong_number_format", "sms_number_missing"})
# Nothing leaves until somebody of the house has acted.
HOUSE = frozenset(
    {"insufficient_credit", "unregistered", "registration_needed", "twilio_authentication",
     "twilio_from_missing", "twilio_callback", "twilio_acc_unverified"}
)  # fmt: skip
# Twilio's codes that Odoo does not tell apart (twilio.com/docs/api/errors).
TWILIO_HOUSE = frozenset(
    {20003, 20005, 20404, 21210, 21212, 21603, 21606, 21608, 21609, 21219, 30002, 30032, 30034}
)
TWILIO_SLOW = frozenset({20429, 20503, 30001})
TWILIO_BAD_NUMBER = frozenset({21211, 21214, 21217, 21265, 21614, 21401, 30003, 30005, 30006})
TWILIO_STOPPED = frozenset({21610})


def judge(state, message="", reference="", code=None, status=None):
    """Return the ``Outcome`` of one message.

    :param str state: what Odoo's provider class says of it
    :param message: the provider's words
    :param reference: our own identifier, which later reports carry
    :param code: Twilio's error code, when there is one
    :param status: of HTTP, when Twilio answered
    """
    if state in TAKEN:
        return Outcome("sent", reference=reference)
    if code in TWILIO_STOPPED:
        return Outcome("failed", "opted_out", message, reference)
    if code in TWILIO_BAD_NUMBER or state in BAD_NUMBER:
        return Outcome("failed", "bad_number", message, reference)
    if code in TWILIO_HOUSE or state in HOUSE or status in (401, 403):
        return Outcome("retry", "sms_stopped", message, reference, down=True)
    if code in TWILIO_SLOW or status == 429 or (status is None and state == "server_error"):
        return Outcome("retry", "channel_down", message, reference, down=True)
    if status and status >= 500:  # it broke on their side, maybe after the message was taken
        return Outcome("uncertain", "connection_lost", message, reference, down=True)
    return Outcome("failed", "refused", message or state, reference)


def judge_report(code):
    """Return the reason why a message that Twilio had taken did not arrive.

    :param code: Twilio's error code of the report
    """
    if code in TWILIO_STOPPED:
        return "opted_out"
    if code in TWILIO_HOUSE:
        return "sms_stopped"
    if code in TWILIO_BAD_NUMBER:
        return "bad_number"
    return "not_delivered"
