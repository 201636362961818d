"""The words that carriers and laws let everybody stop text messages with."""

import unicodedata

# English of carriers (CTIA), Spanish and Portuguese as people write them.
STOP = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "baja", "alto",
     "parar", "pare", "detener", "cancelar", "no mas", "no molestar", "sair", "remover"}
)  # fmt: skip
START = frozenset({"start", "unstop", "alta", "iniciar", "reanudar"})


def _normalize(text):
    plain = unicodedata.normalize("NFD", (text or "").casefold())
    kept = "".join(char for char in plain if char.isalnum() or char.isspace())
    return " ".join(kept.split())


def asks_to_stop(told):
    """Tell whether a message is a wish to get no more, and nothing else.

    :param dict told: the provider's fields; Twilio says so itself in ``OptOutType``
    """
    return told.get("OptOutType") == "STOP" or _normalize(told.get("Body")) in STOP


def asks_to_start(told):
    """Tell whether a message takes such a wish back."""
    return told.get("OptOutType") == "START" or _normalize(told.get("Body")) in START
