"""What the processes do that send by WhatsApp, each with an environment of the superuser."""

import json

KEY = "a-key"
BODY = "Hola {{1}}, tienes una cuenta por pagar desde hace algunos días."


def build(env, barrier=None, *, url, secret, number, waba, count):
    """Make a company with an account, and so many debtors with a contact that is to leave."""
    company = env.company
    company.write({"collections_safe_mode": False, "collections_active": True})
    env["collections.contact.rule"].search([("active", "=", True)]).active = False
    account = env["collections.whatsapp.account"].create(
        {
            "name": "Account",
            "phone_number_id": number,
            "waba_id": waba,
            "token": "token",
            "app_secret": secret,
            "webhook_key": KEY,
            "base_url": url,
        }
    )
    text = env["collections.whatsapp.template"].create(
        {"account_id": account.id, "name": "aviso", "body": BODY, "status": "APPROVED"}
    )
    text.parameter_ids.source = "salutation_name"
    channel = env.ref("collections_whatsapp.collections_channel_whatsapp")
    step = env["collections.strategy"].create(
        {
            "name": "WhatsApp",
            "step_ids": [
                (0, 0, {"name": "Aviso", "days": 3, "channel_ids": [(6, 0, channel.ids)],
                        "whatsapp_template_ids": [(6, 0, text.ids)]})
            ],
        }
    ).step_ids  # fmt: skip
    partners = env["res.partner"].create(
        [{"name": f"Debtor {n}", "phone": f"+51 9{n:08d}"} for n in range(count)]
    )
    cases = env["collections.case"].create(
        [{"partner_id": partner.id, "company_id": company.id} for partner in partners]
    )
    env["collections.contact"].create(
        [
            {
                "case_id": case.id,
                "company_id": company.id,
                "channel_id": channel.id,
                "step_id": step.id,
                "address": f"+519{n:08d}",
                "state": "queued",
                "scheduled_on": "2020-01-01",
            }
            for n, case in enumerate(cases)
        ]
    )
    env.cr.commit()


def deliver(env, barrier=None):
    """Send what waits, as one worker of several does."""
    env["collections.delivery"]._deliver(env.company)


def tell(env, barrier=None, *, body):
    """Take a webhook and work on it."""
    events = env["collections.whatsapp.event"]
    account = env["collections.whatsapp.account"].search([], limit=1)
    events._store(account, json.dumps(body).encode())
    env.cr.commit()
    events._cron_process()


def report(env, barrier=None):
    """Return the contacts as they are: ``[{"id", "state", "reference"}]``."""
    return env["collections.contact"].search_read([("id", ">", 0)], ["state", "reference"], load="")
