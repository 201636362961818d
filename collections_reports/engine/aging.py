"""Age buckets: read from what a person writes, checked, named, and asked for the age of a day."""

from typing import NamedTuple

DEFAULT = (30, 60, 90)
MOST = 12
LONGEST = 36_500


class BucketError(ValueError):
    """The ends of the buckets cannot be used; ``code`` says why, ``value`` which one."""

    def __init__(self, code, value=None):
        super().__init__(code)
        self.code, self.value = code, value


class Bucket(NamedTuple):
    """Ages from ``first`` to ``last`` days, both included; None: without end."""

    name: str
    first: int | None
    last: int | None


def read_ends(text):
    """Return the last days of the buckets, from ``"30, 60, 90"``.

    :raise BucketError: ``not_number``, ``not_rising`` (an end at or before the one before it: two
        buckets would overlap), ``not_positive``, ``too_long``, ``too_many`` or ``none``
    """
    ends = []
    for part in str(text).replace(";", ",").split(","):
        part = part.strip()
        if not part:
            continue
        if not part.lstrip("-").isdecimal() or not part.isascii():
            raise BucketError("not_number", part)
        end = int(part)
        if end < 1:
            raise BucketError("not_positive", part)
        if end > LONGEST:
            raise BucketError("too_long", part)
        if ends and end <= ends[-1]:
            raise BucketError("not_rising", part)
        ends.append(end)
    if not ends:
        raise BucketError("none")
    if len(ends) > MOST:
        raise BucketError("too_many", len(ends))
    return tuple(ends)


def make_buckets(ends, basis="due"):
    """Return the buckets with these last days: every age falls into exactly one.

    :param str basis: ``due``: age since the due date, the first bucket being what is not late (age
        0 or less); ``invoice``: age since the document's date, which begins with day 0
    """
    buckets = [Bucket("not_due", None, 0)] if basis == "due" else []
    first = 1 if basis == "due" else None
    for number, end in enumerate(ends, 1):
        buckets.append(Bucket(f"age_{number}", first, end))
        first = end + 1
    buckets.append(Bucket("over", first, None))
    return buckets


def find(buckets, age):
    """Return the bucket of an age in days."""
    for bucket in buckets:
        if bucket.last is None or age <= bucket.last:
            return bucket
    raise AssertionError("the last bucket has no end")  # pragma: no cover
