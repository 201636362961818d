"""What many statuses of one message come to: the furthest one, in whatever order they arrive."""

from dataclasses import dataclass, field

RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 3}
STATE = {"played": "read"}


@dataclass(slots=True)
class Progress:
    """What is known about one message after some statuses."""

    state: str = ""
    moment: int = 0
    opaque: str = ""
    error: dict | None = None
    pricing: dict = field(default_factory=dict)
    recipient: str = ""


def merge(statuses):
    """Return ``{message id: Progress}`` of statuses in any order, with any repetition.

    A message that was delivered did not fail, whatever else is said; one that failed was not
    delivered unless somebody says so.
    """
    found = {}
    for status in statuses:
        progress = found.setdefault(status["id"], Progress())
        state = status["status"]
        progress.opaque = progress.opaque or status["opaque"]
        progress.recipient = progress.recipient or status["recipient"]
        progress.pricing.update(status["pricing"])
        if state == "failed":
            progress.error = progress.error or status["error"] or {}
        elif RANK.get(state, 0) > RANK.get(progress.state, 0):
            progress.state, progress.moment = STATE.get(state, state), status["moment"]
    for progress in found.values():
        if progress.error is not None and progress.state in ("", "sent"):
            progress.state = "failed"
    return found
