"""What a refusal of WhatsApp means, by its code: titles and texts change, codes do not.

=============  =====================================================================
``setup``      our token, number or rights: the account stops, the queue waits
``account``    the account is blocked or owes: it stops, the queue waits
``slow``       too fast, or WhatsApp is busy: the batch waits
``pair``       too fast for this person: this one waits
``quality``    people complain: the number rests for hours
``person``     this person cannot be reached: the next channel speaks
``opted_out``  this person does not want to: the next channel speaks
``window``     no free text any more: a template is needed
``template``   the template is not usable: it stops and a person looks at it
``gone``       there is no such template any more: it stops, the next channel speaks
``bug``        the request was wrong: it fails, aloud, and is never repeated
``unknown``    it may have gone: nobody sends it again
=============  =====================================================================
"""

from dataclasses import dataclass

from odoo.addons.collections_management.engine.delivery import Outcome

CODES = {
    "setup": (0, 3, 10, 33, 190, 131005, 133010, *range(200, 300)),
    "account": (368, 131031, 130497, 131042, 131064),
    "slow": (4, 80007, 130429, 131057, 133016),
    "pair": (131056,),
    "quality": (131048,),
    "person": (131026, 131030, 131021, 130472, 131049),
    "opted_out": (131050,),
    "window": (131047,),
    "gone": (132001,),
    "template": (132000, 132005, 132007, 132012, 132015, 132016, 132068),
    "bug": (100, 131008, 131009, 131051, 131053, 135000),
    "unknown": (1, 2, 131000, 131016),
}
KIND_OF = {code: kind for kind, codes in CODES.items() for code in codes}
STOPPING = ("setup", "account")
OF_TEMPLATE = ("template", "gone")
# What becomes of a message: (state, whether the rest of the batch waits too).
TREATMENT = {
    "setup": ("retry", True),
    "account": ("retry", True),
    "slow": ("retry", True),
    "quality": ("retry", True),
    "unreachable": ("retry", True),
    "pair": ("retry", False),
    "template": ("retry", False),
    "gone": ("failed", False),
    "person": ("failed", False),
    "opted_out": ("failed", False),
    "window": ("failed", False),
    "bug": ("failed", False),
    "unknown": ("uncertain", False),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: its class (see above), WhatsApp's code (None: no answer at all) and words."""

    kind: str
    code: int | None = None
    message: str = ""

    @property
    def reason(self):
        return f"whatsapp_{self.kind}"


def classify(code, status=400):
    """Return the class of an error code; a new one is the request's fault unless the server's."""
    if code in KIND_OF:
        return KIND_OF[code]
    if status == 401:
        return "setup"
    if status == 429:
        return "slow"
    return "unknown" if status >= 500 else "bug"


def read_error(error, status=400):
    """Return the :class:`Fault` of an ``error`` of an answer or of a status.

    :param error: the object of the answer, or anything else that came instead
    """
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    details = error.get("error_data")
    details = details.get("details") if isinstance(details, dict) else None
    words = [error.get("error_user_title"), error.get("error_user_msg")]
    words = [word for word in words if word] or [error.get("message") or error.get("title")]
    words.append(details)
    texts = dict.fromkeys(str(word) for word in words if word)
    prefix = f"{code}: " if code is not None else ""
    return Fault(classify(code, status), code, prefix + ". ".join(texts))


def to_outcome(fault):
    """Return the ``Outcome`` of a message that was refused."""
    state, down = TREATMENT[fault.kind]
    return Outcome(state, fault.reason, fault.message, down=down)
