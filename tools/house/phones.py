"""The demo's phones: the double of WhatsApp, and what Odoo and it have to know of each other."""

import json

from . import paths
from .services import Service

PHONES = Service("phones", "tools.doubles.whatsapp")
KNOWN = paths.DEMO / "whatsapp_known.json"
STORE = paths.DEMO / "whatsapp_phones.json"
LOOPBACK = "http://127.0.0.1%"  # an account that a visitor connects to Meta is left alone


def connect(cr, ports):
    """Tell the demo's account where the double listens, and the double what Odoo knows.

    :return: the options of the double; none when no account writes to it
    """
    cr.execute(
        "UPDATE collections_whatsapp_account SET base_url = %s WHERE base_url LIKE %s"
        " RETURNING id, company_id, token, app_secret, webhook_key",
        [f"http://127.0.0.1:{ports['phones']}", LOOPBACK],
    )
    account = cr.fetchone()
    if not account:
        return []
    account_id, company_id, token, secret, key = account
    odoo = f"http://localhost:{ports['odoo']}"
    cr.execute(
        "UPDATE collections_whatsapp_template SET button_url = %s"
        " WHERE account_id = %s AND button_url LIKE 'http://localhost%%'",
        [odoo + "/c/{{1}}", account_id],
    )
    cr.execute("SELECT name FROM res_company WHERE id = %s", [company_id])
    [business] = cr.fetchone()
    known = {
        "business": business,
        "templates": [_describe(row) for row in _read_templates(cr, account_id)],
        "people": _read_people(cr),
    }
    KNOWN.write_text(json.dumps(known, ensure_ascii=False))
    return [
        *("--token", token, "--secret", secret, "--known", KNOWN, "--store", STORE),
        *("--webhook", f"{odoo}/collections_whatsapp/webhook/{key}"),
    ]


def get_command(ports, options):
    """Return the command line of the double."""
    command = [paths.VENV_PYTHON, "-m", "tools.doubles.whatsapp", "--port", ports["phones"]]
    return [*command, *options]


def _read_templates(cr, account_id):
    cr.execute(
        "SELECT external_id, name, language, status, coalesce(category, 'utility'), body,"
        " coalesce(footer, ''), coalesce(button_reply_texts, ''), coalesce(button_url_text, ''),"
        " coalesce(button_url, '')"
        " FROM collections_whatsapp_template"
        " WHERE account_id = %s AND active AND external_id IS NOT NULL",
        [account_id],
    )
    return cr.fetchall()


def _describe(row):
    """Return a template as the provider tells it."""
    number, name, language, status, category, body, footer, replies, url_text, url = row
    buttons = [
        {"type": "QUICK_REPLY", "text": text.strip()} for text in replies.split(",") if text.strip()
    ]
    if url_text:
        buttons.append({"type": "URL", "text": url_text, "url": url})
    components = [{"type": "BODY", "text": body}]
    components += [{"type": "FOOTER", "text": footer}] if footer else []
    components += [{"type": "BUTTONS", "buttons": buttons}] if buttons else []
    return {
        "id": number,
        "name": name,
        "language": language,
        "status": status,
        "category": category.upper(),
        "components": components,
    }


def _read_people(cr):
    """Return whose each phone is: ``{number: {"name", "vat"}}``, companies before their persons."""
    cr.execute(
        "SELECT DISTINCT ON (person.phone_sanitized) ltrim(person.phone_sanitized, '+'),"
        "       person.complete_name, debtor.vat"
        "  FROM res_partner person JOIN res_partner debtor"
        "    ON debtor.id = person.commercial_partner_id"
        " WHERE person.phone_sanitized LIKE '+%' AND person.active AND debtor.customer_rank > 0"
        " ORDER BY person.phone_sanitized, person.parent_id NULLS FIRST, person.id"
    )
    return {number: {"name": name, "vat": vat or ""} for number, name, vat in cr.fetchall()}
