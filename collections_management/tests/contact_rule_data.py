"""The contact rules as the addon ships them, read from its XML without a database."""

from datetime import time
from functools import cache
from pathlib import Path

from lxml import etree

from odoo.addons.collections_management.engine import calendar

DATA = Path(__file__).parents[1] / "data" / "collections_contact_rule_data.xml"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# What a channel of the tests counts as.
MEDIA = {
    "written": {"email", "letter", "sms"},
    "call": {"task", "voice"},
    "visit": {"visit"},
    "spoken": {"task", "voice", "visit"},
}


class _Command:
    """Keeps what the data says of the lines of a rule."""

    clear = staticmethod(lambda: None)
    create = staticmethod(lambda values: values)
    set = staticmethod(lambda values: values)


def _read(node):
    if "eval" not in node.attrib:
        return node.text
    names = {"Command": _Command, "ref": lambda name: name}
    found = eval(node.attrib["eval"], {"__builtins__": {}}, names)  # noqa: S307  (our own file)
    return [one for one in found if one is not None] if isinstance(found, list) else found


@cache
def get_raw_rules():
    """Return ``{name of the record: its values}``, lines as lists of dicts."""
    rules = {}
    for record in etree.parse(DATA).getroot().iter("record"):
        name = record.attrib["id"].removeprefix("collections_contact_rule_")
        values = {node.attrib["name"]: _read(node) for node in record.iter("field")}
        values["windows"] = [
            {
                "days": {
                    number for number, day in enumerate(DAYS, 1) if window.get(day, number <= 5)
                },
                "from": window["hour_from"],
                "to": window["hour_to"],
            }
            for window in values.get("window_ids", ())
        ]
        values["caps"] = values.get("cap_ids", [])
        values["statements"] = values["statement_ids"][0]
        rules[name] = values
    return rules


def _to_time(hours):
    minutes = round(hours * 60)
    return calendar.END_OF_DAY if minutes >= 1440 else time(minutes // 60, minutes % 60)


@cache
def get_engine_rule(name):
    """Return a shipped rule as the engine takes it."""
    values = get_raw_rules()[name]
    return calendar.Rule(
        name=values["name"],
        windows=tuple(
            calendar.Window(frozenset(one["days"]), _to_time(one["from"]), _to_time(one["to"]))
            for one in values["windows"]
        ),
        holidays_ok=bool(values.get("holidays_ok")),
        caps=tuple(
            calendar.Cap(
                cap["limit"],
                cap["days"],
                frozenset(MEDIA[cap["medium"]]) if cap.get("medium") else None,
                cap.get("count", "attempt"),
            )
            for cap in values["caps"]
        ),
        one_channel_per_week=bool(values.get("one_channel_per_week")),
    )
