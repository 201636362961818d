"""A night with the addon of docs/extending.md, in Odoo's shell: what happened, as plain facts."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

import werkzeug.test

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.http import root

SECRET = "a secret"
PHONES = {"Ana": "+51 999 111 222", "Insolvent": "+51 999 333 444", "Cleo": "+51 999 555 666"}
EVENT = "collections_example.collections_event_case_chat_blocked"
PIVOT = "collections_management.collections_case_view_pivot"


def live(env, url):
    """Live a night before there is a gateway, one with it and one in safe mode."""
    env = env(context={"lang": "en_US"})
    company, chat = env.company, env.ref("collections_example.collections_channel_chat")
    _prepare_company(env, company, chat)
    ana, document = _owe(env, "Ana")
    insolvent, _document = _owe(env, "Insolvent", is_insolvent=True)
    found = {"document": document, **_ask_rules(env, company, ana), **_look(env, company)}
    _work(env, company)
    [held] = _case(env, ana).contact_ids
    found["without_gateway"] = [held.state, held.reason, held.reason_text]
    chat.write({"chat_url": url, "chat_token": SECRET})
    env["collections.webhook"].create(
        {
            "name": "Other",
            "url": "https://other.example/",
            "event_ids": [Command.set(env.ref(EVENT).ids)],
        }
    )
    env.cr.commit()
    _work(env, company)
    found["health"].append(_judge(env, company))
    found |= _hear_back(env, chat, _case(env, ana))
    found |= _measure(env, ana + insolvent)
    case = _case(env, insolvent)
    found["insolvent"] = [len(case.contact_ids), case.decision_text]
    return {**found, **_try_safe_mode(env, company, chat), "typo": _mistype(env)}


def _prepare_company(env, company, chat):
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    company.write(
        {
            "email": "us@company.example",
            "collections_safe_mode": False,
            "collections_start_mode": "full",
            "collections_stale_bank_days": 0,
        }
    )
    text = env.ref("collections_example.mail_template_chat_neutral")
    step = {
        "name": "Chat",
        "days": 5,
        "channel_ids": [Command.set(chat.ids)],
        "template_ids": [Command.set(text.ids)],
    }
    strategy = env["collections.strategy"].create(
        {"name": "Chat first", "quiet_days": 0, "step_ids": [Command.create(step)]}
    )
    env["collections.segment"].search([]).active = False
    env["collections.segment"].create({"name": "All", "strategy_id": strategy.id})


def _owe(env, name, **values):
    """Return a new debtor of Arequipa and the number of the overdue invoice."""
    partner = env["res.partner"].create(
        {
            "name": name,
            "phone": PHONES[name],
            "country_id": env.ref("base.pe").id,
            "state_id": env.ref("base.state_pe_04").id,
            **values,
        }
    )
    today = fields.Date.today()
    goods = {"name": "Goods", "price_unit": 100, "tax_ids": []}
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": today - timedelta(days=40),
            "invoice_date_due": today - timedelta(days=35),
            "invoice_line_ids": [Command.create(goods)],
        }
    )
    move.action_post()
    return partner, move.name


def _case(env, partner):
    return env["collections.case"].search([("partner_id", "=", partner.id)])


def _ask_rules(env, company, partner):
    """Ask for a moment on the local holiday; then let any moment do, for the nights."""
    env["collections.ledger"]._refresh(company)
    case, rules = _case(env, partner), env["collections.contact.rule"]
    verdicts = rules._get_verdicts(case, {case.id: "chat"}, datetime(2025, 8, 15, 15))
    verdict = verdicts[case.id]
    rules.search([]).active = False
    holidays = [data["name"] for code, data in verdict.reasons if code == "holiday"]
    return {"verdict": [verdict.rule, verdict.moment.isoformat(), holidays]}


def _judge(env, company):
    return env["collections.health"]._get_findings(company)[company]["lines"]["chat"]


def _look(env, company):
    page = env["collections.health"].create({"company_id": company.id})
    page._look()
    line = page.line_ids.filtered(lambda line: line.code == "chat")
    return {
        "health": [_judge(env, company)],
        "line": [line.name, line.mark, line.sentence],
        "opens": line.action_open()["res_model"],
    }


def _work(env, company):
    env["collections.run"]._get_or_create(company, "button")._work()


def _tell(env, chat, secret=SECRET, **event):
    """Say something as the gateway would, over HTTP; return the status of the answer."""
    body = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    answer = werkzeug.test.Client(root).post(
        f"/collections_example/{chat.id}", data=body, headers={"X-Signature": signature}
    )
    env.cr.commit()  # to see what the other transaction did
    return answer.status_code


def _hear_back(env, chat, case):
    contact = case.contact_ids.sorted("id")[-1]
    found = {"sent": [contact.state, contact.reference, contact.reason]}
    number = contact.reference
    found["refused"] = _tell(env, chat, secret="another", id=number, status="read")
    words = ("read", "delivered", "blocked", "blocked")
    found["codes"] = [_tell(env, chat, id=number, status=word) for word in words]
    entries = case.log_ids.filtered(lambda log: log.event == "chat_blocked")
    return found | {
        "state": contact.state,
        "held_by": case.hold_ids.mapped("reason"),
        "entries": entries.mapped("summary"),
        "webhook": env["collections.webhook.delivery"].search([]).mapped("event"),
    }


def _measure(env, partners):
    now, cases = fields.Datetime.now(), env["collections.case"]
    digest = env["digest.digest"].create({"name": "Week", "kpi_collections_held": True})
    digest = digest.with_context(
        start_datetime=now - timedelta(days=2), end_datetime=now + timedelta(days=2)
    )
    groups = cases.formatted_read_group(
        [("partner_id", "in", partners.ids)], ["partner_id"], ["standing_hold_count:sum"]
    )
    return {
        "kpi": digest.kpi_collections_held_value,
        "measure": {row["partner_id"][1]: row["standing_hold_count:sum"] for row in groups},
        "computed": cases.search([]).filtered("standing_hold_count").partner_id.mapped("name"),
        "summed": cases.fields_get()["standing_hold_count"].get("aggregator"),
        "pivot": "standing_hold_count" in cases.get_view(env.ref(PIVOT).id, "pivot")["arch"],
    }


def _try_safe_mode(env, company, chat):
    company.write({"collections_safe_mode": True, "collections_test_email": "test@us.example"})
    unsafe = chat._get_obstacle(company)
    chat.chat_test_to = "+51 900 000 000"
    partner, _document = _owe(env, "Cleo")
    _work(env, company)
    contact = _case(env, partner).contact_ids
    return {"unsafe": unsafe[0], "safe": [contact.state, contact.safe_mode, contact.address]}


def _mistype(env):
    """Return what is said to who saves a text with a placeholder that does not exist."""
    text = env.ref("collections_example.mail_template_chat_neutral")
    try:
        text.body_html = "<t t-out='object.oldest_documents'/>"
    except ValidationError as error:
        return str(error)
    return "saved"
