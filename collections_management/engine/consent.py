"""May a channel be used: what a debtor granted and withdrew, and what the rule asks for.

Facts in, decision out. The latest word of a debtor on a channel decides; one on all channels counts
for each, one without an address for every address of the channel.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WITHDRAWN = "consent_withdrawn"
MISSING = "no_consent"

_PHONE = re.compile(r"\+?[\d\s().-]{6,}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a debtor: `kind` None is every channel, `address` None every address of it."""

    granted: bool
    kind: str | None = None
    address: str | None = None
    proved: bool = False

    def covers(self, kind, address):
        """Return whether it is about this channel and address; None asks about any address."""
        if self.kind is not None and self.kind != kind:
            return False
        return not address or not self.address or is_same(self.address, address)


def is_phone(address: str | None) -> bool:
    """Return whether an address is a telephone number."""
    return bool(address and _PHONE.fullmatch(address.strip()))


def normalize(address: str) -> str:
    """Return an address so that two ways of writing it are the same."""
    if is_phone(address):
        return "".join(filter(str.isdigit, address))
    return address.strip().casefold()


def is_same(one: str, other: str) -> bool:
    """Return whether two addresses are the same."""
    return normalize(one) == normalize(other)


def get_last(words: Iterable[Word], kind: str, address: str | None = None) -> Word | None:
    """Return the word that decides, or None; `words` are in order, the latest first."""
    return next((word for word in words if word.covers(kind, address)), None)


def refuse(words: Iterable[Word], kind: str, address: str | None, need: str = "none") -> str | None:
    """Return why the channel may not be used, None when it may.

    need: what the rule asks for: `none`, `authorised` or `opt_in`, which is authorised with proof.
    """
    last = get_last(words, kind, address)
    if last and not last.granted:
        return WITHDRAWN
    if need == "none":
        return None
    return None if last and (last.proved or need == "authorised") else MISSING
