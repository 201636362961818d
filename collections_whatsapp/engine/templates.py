"""Templates: which variables a text has, what WhatsApp refuses in it, and how it is sent."""

import re

from .messages import clean_value

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
NAME = re.compile(r"[a-z0-9_]{1,512}")
BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
ITALIC = re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])")
BODY, SHORT, LABEL, URL, BUTTONS = 1024, 60, 25, 2000, 10
WORDS_PER_VARIABLE = 3
USABLE = ("APPROVED",)


def variables(text):
    """Return the names of the variables of a text, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text or "")))


def fill(text, values):
    """Return a text with its variables replaced; one without a value stays as it is."""
    return VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), text or "")


def is_named(names):
    """Tell whether variables have names; with numbers they are told by position."""
    return any(not name.isdigit() for name in names)


def find_fault(body, header="", footer="", buttons=()):
    """Return ``(word, piece)`` of the first thing WhatsApp would refuse, or None.

    :param buttons: ``[{"type": "url" | "reply", "text", "url"}]``
    """
    return _find_fault_body(body) or _find_fault_rest(header, footer, buttons)


def _find_fault_body(body):
    body = (body or "").strip()
    names = variables(body)
    if not body:
        return "empty", ""
    if len(body) > BODY:
        return "long", body[:20]
    if VARIABLE.match(body) or re.search(VARIABLE.pattern + r"[\s.!?]*$", body):
        return "edge", names[0]
    if re.search(VARIABLE.pattern + r"\s*" + VARIABLE.pattern, body):
        return "side_by_side", names[0]
    if len(VARIABLE.sub("", body).split()) < WORDS_PER_VARIABLE * len(names):
        return "many", str(len(names))
    numbers = [name for name in names if name.isdigit()]
    if numbers and numbers != [str(n) for n in range(1, len(names) + 1)]:
        return "numbering", numbers[0]
    return None


def _find_fault_rest(header, footer, buttons):
    if len(header or "") > SHORT or len(footer or "") > SHORT:
        return "long", (header or "")[:20]
    if variables(footer):
        return "footer", variables(footer)[0]
    if len(buttons) > BUTTONS or sum(button["type"] == "url" for button in buttons) > 2:
        return "buttons", str(len(buttons))
    for button in buttons:
        if not button["text"] or len(button["text"]) > LABEL:
            return "label", button["text"] or ""
        url = button.get("url") or ""
        if button["type"] == "url" and not _is_url(url):
            return "url", url
    return None


def _is_url(url):
    """Tell whether an address begins fixed and has at most one variable, at its very end."""
    names = VARIABLE.findall(url)
    ends = not names or re.search(VARIABLE.pattern + "$", url)
    return url.startswith("https://") and len(url) <= URL and len(names) <= 1 and bool(ends)


def to_submit(parts):
    """Return the ``components`` with which a template is submitted for approval.

    :param parts: ``{"header_kind": "" | "text" | "document", "header", "body", "footer",
        "buttons", "samples": {variable: sample}, "handle": of an uploaded sample document}``
    """
    components = []
    if parts["header_kind"] == "text" and parts["header"]:
        components.append({"type": "HEADER", "format": "TEXT", "text": parts["header"]})
    elif parts["header_kind"] == "document":
        header = {"type": "HEADER", "format": "DOCUMENT"}
        if parts.get("handle"):
            header["example"] = {"header_handle": [parts["handle"]]}
        components.append(header)
    body = {"type": "BODY", "text": parts["body"]}
    if names := variables(parts["body"]):
        body["example"] = _get_example(names, parts["samples"])
    components.append(body)
    if parts["footer"]:
        components.append({"type": "FOOTER", "text": parts["footer"]})
    if parts["buttons"]:
        components.append({"type": "BUTTONS", "buttons": _get_buttons(parts)})
    return components


def _get_example(names, samples):
    if is_named(names):
        rows = [{"param_name": name, "example": samples.get(name) or "-"} for name in names]
        return {"body_text_named_params": rows}
    return {"body_text": [[samples.get(name) or "-" for name in names]]}


def _get_buttons(parts):
    rows = []
    for button in parts["buttons"]:
        if button["type"] == "reply":
            rows.append({"type": "QUICK_REPLY", "text": button["text"]})
            continue
        row = {"type": "URL", "text": button["text"], "url": button["url"]}
        if VARIABLE.search(button["url"]):
            row["example"] = [fill(button["url"], dict.fromkeys(variables(button["url"]), "x"))]
        rows.append(row)
    return rows


def read_components(components):
    """Return the parts of a template as WhatsApp tells it; see :func:`to_submit`."""
    parts = {"header_kind": "", "header": "", "body": "", "footer": "", "buttons": []}
    samples = {}
    for component in components if isinstance(components, list) else []:
        kind = str(component.get("type", "")).upper()
        if kind == "HEADER":
            parts["header_kind"] = str(component.get("format", "TEXT")).lower()
            parts["header"] = component.get("text") or ""
        elif kind in ("BODY", "FOOTER"):
            parts[kind.lower()] = component.get("text") or ""
        elif kind == "BUTTONS":
            parts["buttons"] = [
                {
                    "type": "url" if button.get("type") == "URL" else "reply",
                    "text": button.get("text") or "",
                    "url": button.get("url") or "",
                }
                for button in component.get("buttons") or []
                if button.get("type") in ("URL", "QUICK_REPLY")
            ]
        if kind == "BODY":
            samples = _read_samples(component)
    return parts | {"samples": samples}


def _read_samples(component):
    example = component.get("example")
    example = example if isinstance(example, dict) else {}
    if rows := example.get("body_text_named_params"):
        return {str(row.get("param_name")): str(row.get("example", "")) for row in rows}
    rows = example.get("body_text") or [[]]
    return {str(n): str(value) for n, value in enumerate(rows[0], start=1)}


def to_send(parts, values, document=None):
    """Return the ``components`` of a message.

    :param values: ``{variable: text}`` of the body; of a button's address ``url:<index>``
    :param document: ``{"id", "filename"}`` of the uploaded header
    """
    components = []
    if parts["header_kind"] == "document" and document:
        parameter = {"type": "document", "document": document}
        components.append({"type": "header", "parameters": [parameter]})
    if names := variables(parts["body"]):
        named = is_named(names)
        parameters = []
        for name in names:
            parameter = {"type": "text", "text": clean_value(values.get(name, ""))}
            parameters.append(parameter | ({"parameter_name": name} if named else {}))
        components.append({"type": "body", "parameters": parameters})
    for index, button in enumerate(parts["buttons"]):
        if button["type"] == "url" and VARIABLE.search(button["url"]):
            suffix = get_suffix(button["url"], values.get(f"url:{index}", ""))
            components.append(
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": str(index),
                    "parameters": [{"type": "text", "text": suffix}],
                }
            )
    return components


def find_foreign(parts, values):
    """Return ``(button's address, address to open)`` of the first button whose fixed part is not
    that of the whole address it has to open, or None."""
    for index, button in enumerate(parts["buttons"]):
        value, url = values.get(f"url:{index}") or "", button["url"]
        is_whole = value.startswith(("https://", "http://"))
        if is_whole and VARIABLE.search(url) and not value.startswith(VARIABLE.sub("", url)):
            return url, value
    return None


def get_suffix(url, value):
    """Return what stands for the variable of a button's address: a whole address loses the part
    that is fixed."""
    return (value or "").removeprefix(VARIABLE.sub("", url)) or "-"


def to_text(parts, values):
    """Return the message as a person reads it, its buttons in brackets."""
    texts = {name: clean_value(value) for name, value in values.items()}
    lines = [parts["header"] if parts["header_kind"] == "text" else ""]
    lines += [fill(parts["body"], texts), parts["footer"]]
    lines += [f"[{button['text']}]" for button in parts["buttons"]]
    return "\n\n".join(line for line in lines if line)
