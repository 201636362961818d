"""`python3 -m tools screenshots [name ...]`: take the pictures of the manual from the running demo.

It needs the demo (`make demo DETACH=1`). A company that has made no run gets one: the first one a
whole run, into the demo's mailbox; the second one, which is in safe mode, one that waits for
approval. The users' languages are put back.
"""

import argparse
import io
import json
import tempfile
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import requests
from PIL import Image

from tools.house import demo, paths
from tools.house.errors import HouseError
from tools.house.shell import say

from .browser import Browser
from .session import Session
from .shots import FIRST, SECOND, SHOTS

IMAGES = paths.ROOT / "docs" / "manual" / "images"
LANGUAGES = {"en": "en_US", "es": "es_419"}
SIZES = {1400: 900, 390: 844}
MOST_BYTES = 120_000
MORE = ".o_statusbar_buttons button.dropdown-toggle"


def main(arguments=None):
    """Take all pictures, or those named; return the exit code."""
    parser = argparse.ArgumentParser(prog="make screenshots")
    parser.add_argument("names", nargs="*", metavar="name", help="of a picture; none: all")
    names = set(parser.parse_args(arguments).names)
    if unknown := names - {shot.name for shot in SHOTS}:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    shots = [shot for shot in SHOTS if shot.name in (names or {shot.name})]
    url = _get_url()
    with ExitStack() as stack:
        sessions = {
            login: Session(url, demo.DATABASE, login) for login in {shot.login for shot in shots}
        }
        data = prepare(Session(url, demo.DATABASE, "admin"))
        for session in sessions.values():
            stack.callback(session.speak, session.language)
        for short, language in LANGUAGES.items():
            for session in sessions.values():
                session.speak(language)
            for shot in shots:
                take(sessions[shot.login], shot, short, data)
    return 0


def _get_url():
    if not demo.ODOO.pid():
        raise HouseError("The demo does not run: start it with `make demo DETACH=1`.")
    return f"http://localhost:{_get_ports()['odoo']}"


def _get_ports():
    return json.loads((paths.DEMO / "ports.json").read_text())


def prepare(manager):
    """Return the ids that the addresses name: ``{name: id}``, companies by their names."""
    companies = manager.call("res.company", "search_read", [[], ["name"]])
    data = {company["name"]: company["id"] for company in companies}
    first, second = data[FIRST], data[SECOND]
    _ensure_run(manager, first, "action_start", ("sent", "delivered", "answered"))
    contact = _ensure_run(manager, second, "action_prepare", ("awaiting",))
    run = manager.call("collections.contact", "read", [[contact], ["run_id"]])[0]["run_id"][0]
    told = [
        ("company_id", "=", first),
        ("user_id.login", "=", "cobrador"),
        ("last_contact_date", "!=", False),
    ]
    case = manager.find("collections.case", told, "amount_net_overdue desc, id", first)
    return data | {
        "case": case,
        "statement": manager.find(
            "ir.actions.act_window",
            [
                ("res_model", "=", "collections.statement.wizard"),
                ("binding_model_id.model", "=", "collections.case"),
            ],
        ),
        "contact": contact,
        "run": run,
        "strategy": manager.find("collections.strategy", [("step_ids.mode", "=", "approval")]),
        **_find_desk(manager, first),
        **_talk(manager, first),
    }


def _find_desk(manager, company):
    """Return the ids of what the people of a company work on, and the debtor's link to sign."""
    wanted = {
        "agreement": ("collections.agreement", [("state", "=", "active")]),
        "to_sign": ("collections.agreement", [("state", "=", "proposed")]),
        "dispute": ("collections.dispute", [("state", "=", "open")]),
        "legal": ("collections.escalation", [("kind", "=", "legal")]),
        "agency": ("collections.escalation", [("kind", "=", "agency")]),
        "write_off": ("collections.write.off", [("state", "=", "requested")]),
    }
    found = {
        name: manager.find(model, [*domain, ("company_id", "=", company)], company=company)
        for name, (model, domain) in wanted.items()
    }
    if missing := [name for name, record in found.items() if not record]:
        raise HouseError(f"The demo has none of: {', '.join(missing)}.")
    link = manager.call("collections.agreement", "action_open_portal", [[found["to_sign"]]])
    return found | {"signing": link["url"]}


def _talk(manager, company):
    """Let a debtor answer a reminder by WhatsApp and promise to pay; return the ids of the
    conversation, the number and a rule, and the address of the debtor's pay page."""
    reminder = manager.find(
        "collections.contact",
        [
            ("channel_id.kind", "=", "whatsapp"),
            ("state", "in", ("sent", "delivered", "read", "answered")),
            ("user_id.login", "=", "cobrador"),
            ("partner_id.vat", "!=", False),
            ("company_id", "=", company),
        ],
        "amount desc, id",
        company,
    )
    if not reminder:
        raise HouseError("The demo has sent nothing by WhatsApp.")
    [contact] = manager.call(
        "collections.contact", "read", [[reminder], ["address", "partner_id", "pay_url"]]
    )
    conversation = [("address", "=", contact["address"]), ("company_id", "=", company)]
    if not manager.find("collections.conversation", conversation, company=company):
        [debtor] = manager.call("res.partner", "read", [[contact["partner_id"][0]], ["vat"]])
        phone = contact["address"].lstrip("+")
        for text in ("Hola, pago el viernes", debtor["vat"], "sí"):
            _say(phone, text)
    return {
        "conversation": manager.find("collections.conversation", conversation, company=company),
        "account": manager.find("collections.whatsapp.account", [("company_id", "=", company)]),
        "rule": manager.find(
            "collections.contact.rule", [("kind", "=", "law"), ("country_ids.code", "=", "PE")]
        ),
        "pay": urlsplit(contact["pay_url"]).path,
    }


def _say(phone, text, seconds=60):
    """Write from a phone of the demo, and wait for the answer."""
    url = f"http://127.0.0.1:{_get_ports()['phones']}"
    said = requests.get(f"{url}/inbox", {"number": phone}, timeout=20).json()
    requests.post(f"{url}/say", json={"phone": phone, "text": text}, timeout=20)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        now = requests.get(f"{url}/inbox", {"number": phone}, timeout=20).json()
        if any(row["from"] == "us" for row in now[len(said) + 1 :]):
            return
        time.sleep(0.5)
    raise HouseError(f"Nobody answered “{text}” within {seconds} s.")


def _ensure_run(manager, company, method, states, seconds=180):
    """Start a run of a company that has none; return its contact in one of these states that asks
    for most, once the run, which works in the background, is over."""
    own = [("company_id", "=", company)]
    if not manager.find("collections.run", own, company=company):
        say(f"Making a run of company {company}")
        context = {"allowed_company_ids": [company]}
        manager.call("collections.run", method, [[]], context=context)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        running = [*own, ("state", "=", "running")]
        wanted = [*own, ("state", "in", states), ("step_id", "!=", False)]
        found = manager.find("collections.contact", wanted, "amount desc, id", company)
        if found and not manager.find("collections.run", running, company=company):
            return found
        time.sleep(1)
    raise HouseError(f"Company {company} has no contact that is {' or '.join(states)}.")


def take(session, shot, short, data):
    """Take one picture in one language at both widths.

    Each has a browser of its own: a late answer to the page before, of another user, would write
    over the cookies.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Browser(folder) as browser,
    ):
        _take_widths(browser, session, shot, short, data)


def _take_widths(browser, session, shot, short, data):
    cookies = {"session_id": session.id, "cids": data[shot.company], "tz": "America/Lima"}
    for width, height in SIZES.items():
        browser.resize(width, height)
        browser.set_cookies(session.url, cookies)
        browser.open(session.url + shot.address.format(**data))
        behind = (MORE,) if shot.more and width == min(SIZES) else ()
        for selector in (*behind, *shot.clicks):
            browser.click(selector.format(**data))
        target = IMAGES / short / f"{shot.name}-{width}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(shrink(browser.picture()))
        say(f"  {target.relative_to(paths.ROOT)} {target.stat().st_size / 1000:.0f} kB")


def shrink(png):
    """Return a PNG with as many colours as its size allows.

    :raise HouseError: when even 16 colours are too much
    """
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (128, 64, 32, 16):
        output = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(output, "PNG", optimize=True)
        if output.tell() <= MOST_BYTES:
            return output.getvalue()
    raise HouseError(f"A picture of {image.size} is larger than {MOST_BYTES} bytes.")
