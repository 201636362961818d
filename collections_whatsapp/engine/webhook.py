"""A webhook's body -> events, one each; what nobody knows is kept as unknown, never dropped."""

import json
from typing import NamedTuple

from .phone import canonical

# field of a change -> kind of the event
FIELDS = {
    "message_template_status_update": "template_status",
    "message_template_quality_update": "template_quality",
    "template_category_update": "template_category",
    "message_template_components_update": "template_components",
    "account_update": "account",
    "account_alerts": "account",
    "account_review_update": "account",
    "business_capability_update": "capability",
    "phone_number_quality_update": "number_quality",
    "phone_number_name_update": "number_name",
    "user_preferences": "preference",
    "security": "account",
}
MEDIA = ("image", "audio", "video", "document", "sticker")
KIND = {"contacts": "contact", "button": "button"}


class BadBody(ValueError):
    """A body that is no webhook of WhatsApp; ``str()`` says what was expected."""


class Event(NamedTuple):
    """One thing that happened.

    ``number`` is the ``phone_number_id`` it happened to, empty for what concerns the whole
    account (``waba``); ``data`` depends on ``kind``.
    """

    kind: str
    waba: str
    number: str
    data: dict


def split(body):
    """Return the events of a parsed body, in its order.

    :raise BadBody: when it is none of WhatsApp's
    """
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        raise BadBody("an object with a list of entries")
    events = []
    for entry in _dicts(body["entry"]):
        waba = _text(entry.get("id"))
        for change in _dicts(entry.get("changes")):
            events += _split_change(waba, change, _number(entry.get("time")))
    return events


def _split_change(waba, change, moment):
    field, value = _text(change.get("field")), change.get("value")
    if not isinstance(value, dict):
        return [Event("unknown", waba, "", {"field": field, "value": value})]
    number = _text(_dict(value.get("metadata")).get("phone_number_id"))
    if field == "messages":
        return _split_messages(waba, number, value)
    kind = FIELDS.get(field, "unknown")
    if kind == "preference":
        rows = _dicts(value.get("user_preferences")) or [value]
        return [Event(kind, waba, number, _read_preference(row)) for row in rows]
    return [Event(kind, waba, number, {**value, "field": field, "moment": moment})]


def _split_messages(waba, number, value):
    names = _read_names(value)
    events = [
        Event("message", waba, number, _read_message(message, names))
        for message in _dicts(value.get("messages"))
        if _text(message.get("id"))
    ]
    events += [
        Event("status", waba, number, _read_status(status))
        for status in _dicts(value.get("statuses"))
        if _text(status.get("id")) and _text(status.get("status"))
    ]
    events += [
        Event("error", waba, number, {"error": error}) for error in _dicts(value.get("errors"))
    ]
    return events or [Event("unknown", waba, number, {"field": "messages", "value": value})]


def _read_names(value):
    """Return ``{phone or user id: contact}`` of the persons a body names."""
    names = {}
    for contact in _dicts(value.get("contacts")):
        for key in ("wa_id", "user_id"):
            if contact.get(key):
                names[_text(contact[key])] = contact
    return names


def _read_message(message, names):
    """Return what one message of a person says, whatever its type."""
    phone, user = _text(message.get("from")), _text(message.get("from_user_id"))
    contact = names.get(phone) or names.get(user) or {}
    profile = _dict(contact.get("profile"))
    kind = _text(message.get("type")) or "unsupported"
    data = {
        "id": _text(message["id"]),
        "moment": _number(message.get("timestamp")),
        "phone": phone or _text(contact.get("wa_id")),
        "user": user or _text(contact.get("user_id")),
        "name": _text(profile.get("name")) or _text(profile.get("username")),
        "quoted": _text(_dict(message.get("context")).get("id")),
        "type": kind,
        "kind": KIND.get(kind, kind),
        "body": "",
        "payload": "",
        "media": {},
    }
    content = _dict(message.get(kind))
    if kind in MEDIA:
        return data | _read_media(content)
    reader = READERS.get(kind)
    return data | (reader(content, message) if reader else {"kind": "unsupported"})


def _read_media(content):
    names = ("id", "mime_type", "filename", "sha256")
    return {
        "media": {name: _text(content[name]) for name in names if content.get(name)},
        "body": _text(content.get("caption")),
    }


def _read_interactive(content, _message):
    kind = _text(content.get("type"))
    reply = _dict(content.get(kind))
    if kind in ("button_reply", "list_reply"):
        words = {"body": _text(reply.get("title")), "payload": _text(reply.get("id"))}
        return {"kind": "button", **words}
    if kind == "nfm_reply":  # a form that was filled in: a JSON string
        words = {"body": _text(reply.get("body")), "payload": _text(reply.get("response_json"))}
        return {"kind": "text", **words}
    return {"kind": "unsupported"}


def _read_location(content, _message):
    place = [_text(content.get("name")), _text(content.get("address"))]
    point = f"{content.get('latitude')}, {content.get('longitude')}"
    return {"body": " · ".join([part for part in place if part] + [point])}


def _read_contacts(_content, message):
    lines = []
    for card in _dicts(message.get("contacts")):
        phones = [_text(phone.get("phone")) for phone in _dicts(card.get("phones"))]
        name = _text(_dict(card.get("name")).get("formatted_name"))
        lines.append(" ".join([name, *phones]).strip())
    return {"body": "\n".join(lines)}


READERS = {
    "text": lambda content, _message: {"body": _text(content.get("body"))},
    "button": lambda content, _message: {
        "body": _text(content.get("text")),
        "payload": _text(content.get("payload")),
    },
    "interactive": _read_interactive,
    "location": _read_location,
    "contacts": _read_contacts,
    "reaction": lambda content, _message: {
        "body": _text(content.get("emoji")),
        "quoted": _text(content.get("message_id")),
    },
    "system": lambda content, _message: {
        "kind": "system",
        "body": _text(content.get("body")),
        "system": content,
    },
}


def _read_status(status):
    errors = _dicts(status.get("errors"))
    return {
        "id": _text(status["id"]),
        "status": _text(status["status"]),
        "moment": _number(status.get("timestamp")),
        "recipient": _text(status.get("recipient_id")),
        "user": _text(status.get("recipient_user_id")),
        "opaque": _text(status.get("biz_opaque_callback_data")),
        "pricing": _dict(status.get("pricing")),
        "error": errors[0] if errors else None,
    }


def _read_preference(row):
    return {
        "phone": _text(row.get("wa_id")),
        "user": _text(row.get("user_id")),
        "category": _text(row.get("category")),
        "value": _text(row.get("value")),
        "moment": _number(row.get("timestamp")),
    }


def _dict(value):
    return value if isinstance(value, dict) else {}


def _dicts(value):
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value):
    """Return a text the database takes."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return str(value).replace("\x00", "")


def _number(value):
    try:
        return max(int(value), 0)
    except (TypeError, ValueError, OverflowError):
        return 0


# Lists of a value in which each item is about one person.
PERSONAL = ("messages", "statuses", "contacts", "user_preferences")


def redact(text, numbers):
    """Return a body without what is about some persons; an empty one, when it cannot be read or
    tells of them elsewhere.

    :param numbers: canonical phones of the persons
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return "{}"
    for entry in _dicts(_dict(body).get("entry")):
        for change in _dicts(entry.get("changes")):
            value = _dict(change.get("value"))
            for name in PERSONAL:
                if isinstance(value.get(name), list):
                    value[name] = [item for item in value[name] if not _is_about(item, numbers)]
    return "{}" if _is_about(body, numbers) else json.dumps(body)


def _is_about(item, numbers):
    """Tell whether a phone of these persons stands somewhere in an item."""
    if isinstance(item, dict):
        return any(_is_about(value, numbers) for value in item.values())
    if isinstance(item, list):
        return any(_is_about(value, numbers) for value in item)
    return isinstance(item, str) and canonical(item) in numbers
