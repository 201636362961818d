"""TwiML: what the provider is told to say and do. Whatever comes from outside is escaped."""

import re
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TIMEOUT = 7  # seconds that we wait for a key
DIAL_TIMEOUT = 25


def say(sentences, language):
    """Return a ``Say`` for each sentence."""
    return "".join(
        f"<Say language={_attr(language)}>{_text(sentence)}</Say>" for sentence in sentences
    )


def gather(sentences, language, keys, action):
    """Say something and wait for keys; none pressed is told to the same address."""
    return respond(
        f'<Gather input="dtmf" numDigits="{int(keys)}" timeout="{TIMEOUT}"'
        f' finishOnKey="" actionOnEmptyResult="true" method="POST" action={_attr(action)}>'
        f"{say(sentences, language)}</Gather>"
    )


def hang_up(sentences=(), language="en-US"):
    """Say something, maybe nothing, and hang up."""
    return respond(f"{say(sentences, language)}<Hangup/>")


def dial(sentences, language, phone, caller, action):
    """Connect the debtor with a person; how it ended is told to an address."""
    return respond(
        f'{say(sentences, language)}<Dial timeout="{DIAL_TIMEOUT}" method="POST"'
        f" callerId={_attr(caller)} action={_attr(action)}>"
        f"<Number>{_text(phone)}</Number></Dial>"
    )


def respond(verbs):
    return f"{HEAD}<Response>{verbs}</Response>"


def _text(value):
    return escape(UNWRITABLE.sub("", str(value)))


def _attr(value):
    return quoteattr(UNWRITABLE.sub("", str(value)))
