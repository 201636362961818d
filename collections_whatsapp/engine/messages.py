"""The bodies of ``POST /{number}/messages``, and the limits WhatsApp sets to each of them."""

import re

TEXT, CAPTION, BODY, LIST_BODY = 4096, 1024, 1024, 4096
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
OPAQUE = 512
SPACES = re.compile(r"[\n\t\r]+| {4,}")


def cut(text, length):
    """Return a text that fits, its end marked when something of it is missing."""
    text = text or ""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def envelope(to, kind, content, opaque="", quoted=""):
    """Return a message to somebody: a canonical phone, or a user id where there is none."""
    person = {"to": to.lstrip("+")} if to[:1] in "+0123456789" else {"recipient": to}
    message = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **person,
        "type": kind,
        kind: content,
    }
    if quoted:
        message["context"] = {"message_id": quoted}
    if opaque:
        message["biz_opaque_callback_data"] = opaque[:OPAQUE]
    return message


def text(body):
    """Return the content of a ``text``; a link in it shows its page."""
    return {"body": cut(body, TEXT), "preview_url": "http" in body}


def template(name, language, components):
    """Return the content of a ``template``."""
    content = {"name": name, "language": {"code": language}}
    return content | ({"components": components} if components else {})


def buttons(body, options):
    """Return an ``interactive`` with up to three buttons, ``[{"id", "title"}]``."""
    return {
        "type": "button",
        "body": {"text": cut(body, BODY)},
        "action": {
            "buttons": [
                {
                    "type": "reply",
                    "reply": {
                        "id": option["id"][:BUTTON_ID],
                        "title": cut(option["title"], BUTTON_TITLE),
                    },
                }
                for option in options[:BUTTONS]
            ]
        },
    }


def choices(body, options, label):
    """Return an ``interactive`` with a list of up to ten rows behind a button of that label; a
    title that is too long is told whole below it."""
    rows = []
    for option in options[:ROWS]:
        row = {"id": option["id"][:ROW_ID], "title": cut(option["title"], ROW_TITLE)}
        too_long = option["title"] if len(option["title"]) > ROW_TITLE else ""
        if description := option.get("description") or too_long:
            row["description"] = cut(description, ROW_DESCRIPTION)
        rows.append(row)
    return {
        "type": "list",
        "body": {"text": cut(body, LIST_BODY)},
        "action": {
            "button": cut(label, BUTTON_TITLE),
            "sections": [{"title": cut(label, ROW_TITLE), "rows": rows}],
        },
    }


def link(body, url, title):
    """Return an ``interactive`` with one button that opens a page."""
    return {
        "type": "cta_url",
        "body": {"text": cut(body, BODY)},
        "action": {
            "name": "cta_url",
            "parameters": {"display_text": cut(title, BUTTON_TITLE), "url": url},
        },
    }


def media(media_id, caption="", filename=""):
    """Return the content of an uploaded ``document``, ``image``, ``audio`` or ``video``."""
    content = {"id": media_id}
    if caption:
        content["caption"] = cut(caption, CAPTION)
    if filename:
        content["filename"] = filename
    return content


def mark_read(message_id, typing=False):
    """Return the body that tells a person that a message was read, and that somebody writes."""
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    return body | ({"typing_indicator": {"type": "text"}} if typing else {})


def say(body, options=None, url=None, url_title=None, label="…"):
    """Return ``(kind, content)`` of something said in a conversation, in its best form."""
    if url and url_title and not options:
        return "interactive", link(body, url, url_title)
    if url:
        body = f"{body}\n{url}"
    if not options:
        return "text", text(body)
    if len(options) <= BUTTONS and all(len(o["title"]) <= BUTTON_TITLE for o in options):
        return "interactive", buttons(body, options)
    return "interactive", choices(body, options, label)


def clean_value(value):
    """Return a value that a variable of a template takes: one line, no wide gaps, never empty."""
    return SPACES.sub(" ", str(value)).strip() or "-"
