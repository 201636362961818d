"""Words that a text to a debtor must not have: found whatever their case, accents and spaces.

A pattern is a phrase; a `*` at the end or the start of a word stands for the rest of that word.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>|\{\{.*?\}\}", re.DOTALL | re.IGNORECASE)


def get_plain(text: str) -> str:
    """Return the words of a text without its markup and expressions."""
    return " ".join(html.unescape(_TAGS.sub(" ", text)).split())


def fold(text: str) -> str:
    """Return a text without case and accents, letter for letter."""
    folded = []
    for letter in text:
        base = unicodedata.normalize("NFD", letter)[:1].casefold()
        folded.append(base if len(base) == 1 else letter)
    return "".join(folded)


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern:
    """Return the expression of a pattern.

    :raise ValueError: when there is no letter or digit in it
    """
    words = fold(pattern).split()
    if not any(letter.isalnum() for word in words for letter in word):
        raise ValueError(pattern)
    parts = [re.escape(word).replace(r"\*", r"\w*") for word in words]
    return re.compile(r"(?<!\w)" + r"\W+".join(parts) + r"(?!\w)")


def find(text: str, patterns: Iterable[tuple[object, str]]) -> list[tuple[object, str]]:
    """Return ``[(key, the words as written)]`` of the patterns met, each once, in their order.

    patterns: (key, pattern)
    """
    plain = get_plain(text)
    folded = fold(plain)
    hits = []
    for key, pattern in patterns:
        if met := compile_pattern(pattern).search(folded):
            hits.append((key, plain[met.start() : met.end()]))
    return hits
