"""What an incoming e-mail is: a person's answer, a machine's, or a report on one of ours.

Nothing here knows Odoo: headers come as ``{lower-case name: [values]}``, parts as plain texts.
"""

import re
from dataclasses import dataclass

# Precedence of what no person wrote. ``list`` is left out: a person may answer through a list.
MACHINE_PRECEDENCE = ("bulk", "auto_reply", "auto-reply", "junk")
# Headers of autoresponders that say so by being there, unless they say no.
AUTORESPONDER_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")
NO = ("", "no", "none", "false", "0")

# The last resort: how autoresponders without headers begin their subject. A person who answers
# has "Re:" before it, and is not taken for one.
MACHINE_SUBJECT = re.compile(
    r"""\s*\[?(?:
        auto(?:matic|mated)?[\s-]*(?:reply|response|answer)
      | auto\s*:
      | out\s+of\s+(?:the\s+)?office
      | ooo\s*:
      | on\s+(?:vacation|holiday|leave)\b
      | respuesta\s+autom[áa]tica
      | contestaci[óo]n\s+autom[áa]tica
      | fuera\s+de\s+(?:la\s+)?oficina
      | ausen(?:te|cia)\s+(?:de|temporal|por|en)\b
      | resposta\s+autom[áa]tica
      | fora\s+do\s+escrit[óo]rio
      | r[ée]ponse\s+automatique
      | abwesenheit
    )""",
    re.IGNORECASE | re.VERBOSE,
)

STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
REPLY_CODE = re.compile(r"\b([45]\d\d)\b(?=[ -])")
# The address may be right although the message did not arrive: a full box, a message too large,
# the network, the content, or the policy and the reputation of the sender.
ADDRESS_INNOCENT = re.compile(r"5\.(?:2\.[23]|3\.\d+|4\.[02-9]|6\.\d+|7\.\d+)$")
MAILERS = ("mailer-daemon", "postmaster")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of an e-mail before it is put on a case. ``machine``: why no person wrote it,
    or None. ``references``: the Message-Ids it answers, the nearest first."""

    machine: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says became of a message.

    ``kind``: ``failed`` (for good), ``delayed`` (still tried), ``delivered``, ``read`` or
    ``unknown``. ``status`` is the enhanced status code (RFC 3463) or empty. ``bad_address`` tells
    whether it is the address that is wrong.
    """

    kind: str
    status: str = ""
    bad_address: bool = False


def find_machine(headers, subject=""):
    """Return why a message was written by a machine, or None for a person's.

    :param dict headers: ``{lower-case name: [values]}``
    :param str subject: decoded
    :return: ``auto_submitted``, ``suppress``, ``autoreply``, ``precedence``, ``return_path`` or
        ``subject``
    """

    def values(name):
        return [value.strip().lower() for value in headers.get(name, ())]

    if any(value.partition(";")[0].strip() not in NO for value in values("auto-submitted")):
        return "auto_submitted"
    if any(value not in NO for value in values("x-auto-response-suppress")):
        return "suppress"
    if any(value not in NO for name in AUTORESPONDER_HEADERS for value in values(name)):
        return "autoreply"
    if any(value in MACHINE_PRECEDENCE for value in values("precedence")):
        return "precedence"
    if any(value in ("", "<>") for value in values("return-path")):
        return "return_path"
    return "subject" if MACHINE_SUBJECT.match(subject or "") else None


def is_mailer(address):
    """Tell whether an address is that of a mail server itself."""
    return address.strip().lower().partition("@")[0] in MAILERS


def read_delivery(action, status, text=""):
    """Return the :class:`Report` of a delivery status notification (RFC 3464).

    :param str action: its ``Action``; empty when the report has none
    :param str status: its ``Status``; empty when the report has none
    :param str text: what the server said, in which a missing status is looked for
    """
    action = action.strip().lower()
    found = STATUS.search(status) or STATUS.search(text)
    status = found[1] if found else _guess_status(text)
    if action in ("delivered", "relayed", "expanded"):
        # Relayed and expanded: out of sight from here on, which is not "arrived".
        return Report("delivered" if action == "delivered" else "unknown", status)
    if action == "delayed" or (action != "failed" and status.startswith("4")):
        return Report("delayed", status)
    if action != "failed" and status.startswith("2"):
        return Report("unknown", status)
    return Report("failed", status, _is_address_bad(status))


def _guess_status(text):
    """Return a status for the plain reply code in a text: ``5.0.0`` for a 550."""
    code = REPLY_CODE.search(text)
    return f"{code[1][0]}.0.0" if code else ""


def _is_address_bad(status):
    """A message that expired (4.x) or was refused for what it is does not condemn its address."""
    return not status.startswith("4") and not ADDRESS_INNOCENT.match(status)


def read_disposition(disposition):
    """Return the :class:`Report` of a read receipt (RFC 8098), from its ``Disposition``."""
    kind = disposition.rpartition(";")[2].partition("/")[0].strip().lower()
    return Report("read" if kind == "displayed" else "unknown")
