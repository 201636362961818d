"""The hash chain of a case's log.

Every entry is serialised in one canonical way and hashed together with the hash of the
entry before it; the first one follows the genesis of its case. Whoever changes, removes,
inserts or moves an entry breaks the chain at that place, and :func:`verify` names it.

What is hashed is always the same fields in the same order, each text preceded by its length,
so no two different entries serialise alike.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

VERSION = "collections.log/1"

CHANGED = "changed"  # the entry is not what was hashed
REORDERED = "reordered"  # a true entry, at another place than its own
MISSING = "missing"  # numbers without an entry, others follow
INSERTED = "inserted"  # a number used twice, or past the head of the case
REPLACED = "replaced"  # a link that does not fit the entry before it, or the head
TRUNCATED = "truncated"  # the head of the case is past the last entry

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode
_quote = json.encoder.encode_basestring_ascii
_SIMPLE = {
    str: _quote,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "null",
}


@dataclass(slots=True, unsafe_hash=True)  # made by the hundred thousand: freezing trebles the time
class Entry:
    """What happened, as it is hashed; never changed once made. ``moment`` is UTC, naive, with its
    microseconds."""

    entry_id: int
    case_id: int
    sequence: int
    moment: datetime
    event: str
    user_id: int | None
    contact_id: int | None
    run_id: int | None
    data: str
    content_digest: str | None


@dataclass(slots=True, unsafe_hash=True)
class Link:
    """An entry as it is stored: with the hash it follows and its own."""

    entry: Entry
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in the chain of a case, at ``sequence`` (up to ``until``)."""

    case_id: int
    sequence: int
    kind: str
    until: int

    def __str__(self):
        until = f"-{self.until}" if self.until != self.sequence else ""
        return f"case {self.case_id}, entry {self.sequence}{until}: {self.kind}"


def _sha256(value) -> str:
    return hashlib.sha256(_encode(value).encode()).hexdigest()


def genesis(case_id: int) -> str:
    """The hash that the first entry of this case follows."""
    return hashlib.sha256(f'["{VERSION}",{case_id:d}]'.encode()).hexdigest()


def canonical(data: Mapping | None) -> str:
    """Return the JSON text of ``data``, the same for equal data.

    Keys are sorted; amounts (Decimal) are strings, dates ISO; a float or anything else
    raises a ValueError that names the key.
    """
    if not data:
        return "{}"
    try:  # nearly all data is flat: the same text, several times faster
        items = sorted(data.items())
        pairs = [f"{_quote(key)}:{_SIMPLE[type(value)](value)}" for key, value in items]
    except (KeyError, TypeError):
        return _encode(_plain_mapping(data, ""))
    return f"{{{','.join(pairs)}}}"


def _plain_mapping(data, path):
    plain = {}
    for key, value in data.items():
        if not isinstance(key, str):
            raise ValueError(f"log data: the key {path}{key!r} is not a text")
        plain[key] = _plain(value, f"{path}{key}")
    return plain


def _plain(value, path):
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"log data: {path} is not a finite amount")
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain_mapping(value, f"{path}.")
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    raise ValueError(
        f"log data: {path} is a {type(value).__name__};"
        " use a text, a whole number, a Decimal or a date"
    )


def digest(previous: str, entry: Entry) -> str:
    """Return the hash (hex) of ``entry`` as the follower of ``previous``."""
    moment = entry.moment.isoformat(timespec="microseconds")
    event, data, kept = entry.event, entry.data, entry.content_digest
    content = "-" if kept is None else f"{len(kept)}:{kept}"
    text = (
        f"{VERSION}|{len(previous)}:{previous}|{entry.entry_id}|{entry.case_id}|{entry.sequence}"
        f"|{moment}|{len(event)}:{event}|{entry.user_id}|{entry.contact_id}|{entry.run_id}"
        f"|{len(data)}:{data}|{content}"
    )
    return hashlib.sha256(text.encode()).hexdigest()


def content_digest(salt: str, parts: Sequence[str | None]) -> str:
    """Return the digest of a content. Without its salt, nobody can guess the parts."""
    return _sha256([VERSION, salt, list(parts)])


def verify(
    case_id: int, links: Iterable[Link], head_sequence: int | None, head_hash: str | None
) -> list[Fault]:
    """Return every fault in the chain of a case; an empty list means it is intact.

    :param links: the stored entries, in the order of their sequence
    :param head_sequence: the last sequence that the case itself remembers (0: none)
    :param head_hash: the last hash that the case itself remembers
    """
    links = list(links)
    previous, highest = genesis(case_id), 0
    seen, faults = set(), []
    origins = None  # built for the first fault only
    for link in links:
        sequence = link.entry.sequence
        faults += _order_faults(case_id, sequence, seen, highest)
        if link.entry.case_id != case_id or digest(link.previous, link.entry) != link.hash:
            origins = origins or _origins(case_id, links)
            kind = REORDERED if _is_moved(case_id, link, origins) else CHANGED
            faults.append(Fault(case_id, sequence, kind, sequence))
        elif sequence == highest + 1 and link.previous != previous:
            faults.append(Fault(case_id, sequence, REPLACED, sequence))
        seen.add(sequence)
        highest, previous = max(highest, sequence), link.hash
    return faults + _head_faults(case_id, highest, previous, head_sequence or 0, head_hash)


def _order_faults(case_id, sequence, seen, highest):
    if sequence in seen:
        return [Fault(case_id, sequence, INSERTED, sequence)]
    if sequence <= highest:
        return [Fault(case_id, sequence, REORDERED, sequence)]
    if sequence > highest + 1:
        return [Fault(case_id, highest + 1, MISSING, sequence - 1)]
    return []


def _origins(case_id, links):
    """Return {previous hash: the number that its follower had}, told by the hashes alone."""
    followers = {link.previous: link.hash for link in links}
    origins, previous = {}, genesis(case_id)
    while previous in followers:
        origins[previous] = len(origins) + 1
        previous = followers.pop(previous)
    return origins


def _is_moved(case_id, link, origins):
    """Whether the entry is a true one of this case under another number."""
    if link.entry.case_id != case_id or link.previous not in origins:
        return False
    moved = replace(link.entry, sequence=origins[link.previous])
    return digest(link.previous, moved) == link.hash


def _head_faults(case_id, last, last_hash, head_sequence, head_hash):
    if last < head_sequence:
        return [Fault(case_id, last + 1, TRUNCATED, head_sequence)]
    if last > head_sequence:
        return [Fault(case_id, head_sequence + 1, INSERTED, last)]
    if (head_hash or genesis(case_id)) != last_hash:
        return [Fault(case_id, last, REPLACED, last)]
    return []
