"""What a debtor means: an intent, a day, an amount; from examples that are data.

A naive Bayes classifier over words, pairs of words and pieces of words (which carry the typos),
learnt from ``data/examples.psv`` when it is first asked. It rather knows nothing than guesses.
"""

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from . import amounts, moments
from .words import fold

EXAMPLES = Path(__file__).parent / "data" / "examples.psv"
LANGUAGES = ("es", "pt", "en")
UNKNOWN = "unknown"
# What is read of one message; the rest of a very long one changes nothing.
MAX_LENGTH = 1500
# Share of one intent among all under which it is not believed.
MIN_CONFIDENCE = 0.5
SMOOTHING = 0.25
PIECE = 4
WEIGHTS = {"w": 1.0, "b": 0.8, "c": 0.3}

# How people shorten words, and what letters stand for.
SHORT = {
    "q": "que", "k": "que", "ke": "que", "qe": "que", "xq": "porque", "pq": "porque", "x": "por",
    "xfa": "por favor", "porfa": "por favor", "porfavor": "por favor", "porfis": "por favor",
    "pa": "para", "pra": "para", "tb": "tambien", "tmb": "tambien", "d": "de", "toy": "estoy",
    "ta": "esta", "to": "estou", "vc": "voce", "vcs": "voces", "cto": "cuanto", "cuento": "cuanto",
    "kuanto": "cuanto", "qto": "quanto", "kiero": "quiero", "pls": "please", "plz": "please",
    "u": "you", "ur": "your", "im": "i m", "edo": "estado", "msj": "mensaje", "wsp": "whatsapp",
    "wasap": "whatsapp", "tlf": "telefono", "cel": "celular", "s": "si", "ss": "sim",
}  # fmt: skip
# Words that carry nothing.
FILLERS = {
    "pe", "po", "pues", "eh", "ehh", "este", "mire", "mira", "oiga", "oye", "vea", "fijese",
    "senorita", "senor", "joven", "amigo", "amiga", "causa", "mano", "jefe", "moca", "weon",
}  # fmt: skip
THUMBS = {
    "👍": " si ",
    "👌": " ok ",
    "✅": " si ",
    "👎": " no ",
    "🙏": " gracias ",
    "🤬": " mierda ",
}


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a message.

    ``confidence`` is the share of the intent among all; ``lang`` is None when it cannot be told.
    ``proposed`` holds the debtor's words when another reader than this one takes them to mean the
    intent: nothing follows before he has confirmed it.
    """

    intent: str
    confidence: float
    lang: str | None
    moment: moments.Moment | None
    amount: amounts.Amount | None
    proposed: str = ""


def understand(text, *, today, currency="", order="DMY"):
    """Return what a message means."""
    text = (text or "")[:MAX_LENGTH]
    for sign, words in THUMBS.items():
        text = text.replace(sign, words)
    moment, masked = moments.scan(text, today, order)
    amount, masked = amounts.scan(masked, currency)
    intent, confidence = _get_model().classify(get_features(masked))
    intent, confidence = _correct(intent, confidence, masked, moment, amount)
    return Understood(intent, confidence, _guess_lang(text), moment, amount)


def _correct(intent, confidence, masked, moment, amount):
    """Return the intent after what is certain by itself."""
    bare = re.sub(r"_(?:date|amount|past)_|[^\w]", " ", masked).split()
    told = moment or amount
    if told and not bare:
        return "promise", 1.0
    if not _get_insults().isdisjoint(bare):
        return "hostile", 1.0
    return intent, confidence


def tokenize(text):
    """Return the words of a text as the classifier counts them."""
    words = re.findall(r"[a-z0-9_]+|[?]", fold(text))
    result = []
    for word in words:
        word = re.sub(r"([a-z])\1{2,}", r"\1", word)
        result += SHORT.get(word, word).split()
    kept = [word for word in result if word not in FILLERS]
    return kept or result


def get_features(text):
    """Return the features of a text with their weights."""
    words = tokenize(text)
    features = Counter()
    for word in words:
        if word == "?":
            continue
        features["w", word] += 1
        edged = f"<{word}>"
        if len(word) > 3 and not word.startswith("_"):
            for start in range(len(edged) - PIECE + 1):
                features["c", edged[start : start + PIECE]] += 1
    edged = ["<", *(word for word in words if word != "?"), ">"]
    for pair in pairwise(edged):
        features["b", pair] += 1
    if "?" in words:
        features["w", "?"] = 1
    return features


class Model:
    """Naive Bayes with every label as likely as the others."""

    def __init__(self, rows):
        """:param rows: ``[(label, features)]``"""
        self.counts = defaultdict(Counter)
        for label, features in rows:
            for feature in features:
                self.counts[label][feature] += 1
        self.known = set().union(*self.counts.values())
        kinds = Counter(kind for kind, _value in self.known)
        self.totals = {
            (label, kind): sum(n for (k, _v), n in counts.items() if k == kind)
            + SMOOTHING * kinds[kind]
            for label, counts in self.counts.items()
            for kind in WEIGHTS
        }

    def classify(self, features):
        """Return ``(label, share)``, the unknown label when too little of it was ever seen."""
        known = [feature for feature in features if feature in self.known]
        words = [feature for feature in features if feature[0] == "w"]
        seen = sum(1 for feature in words if feature in self.known)
        pieces = [feature for feature in features if feature[0] == "c"]
        seen_pieces = sum(1 for feature in pieces if feature in self.known)
        if not seen and (not pieces or seen_pieces / len(pieces) < 0.5):
            return UNKNOWN, 0.0
        scores = {
            label: sum(
                WEIGHTS[feature[0]]
                * math.log((counts[feature] + SMOOTHING) / self.totals[label, feature[0]])
                for feature in known
            )
            for label, counts in self.counts.items()
        }
        best = max(scores, key=scores.get)
        share = 1 / sum(math.exp(max(score - scores[best], -60)) for score in scores.values())
        return (best, share) if share >= MIN_CONFIDENCE else (UNKNOWN, share)


@cache
def _read_examples():
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(line.split("|", 2)) for line in lines]


@cache
def _get_model():
    return Model((intent, get_features(text)) for intent, _lang, text in _read_examples())


@cache
def _get_insults():
    """Return the words that are hostile by themselves: the examples of one word."""
    return {
        fold(text)
        for intent, _lang, text in _read_examples()
        if intent == "hostile" and " " not in text and len(text) > 3
    }


@cache
def _get_lang_model():
    return Model((lang, get_features(text)) for _intent, lang, text in _read_examples())


def _guess_lang(text):
    """Return the language of a text that is long enough to tell it, else None."""
    features = get_features(text)
    if sum(1 for kind, _value in features if kind == "w") < 2:
        return None
    lang, share = _get_lang_model().classify(features)
    return lang if lang in LANGUAGES and share > 0.9 else None
