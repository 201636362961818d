"""The number from which the first company writes, its templates, and who is written to.

The provider is the double that `make demo` starts beside Odoo: nothing leaves this machine. Where
it listens is written into the account at every start (`tools/house/phones.py`).
"""

from tools.doubles.whatsapp import NUMBER, WABA

ADDON = "collections_whatsapp"
TOKEN, SECRET = "demostracion", "secreto-de-demostracion"
SOURCES = {
    "1": ("salutation_name", "Bodega Santa Rosa"),
    "2": ("company_id.name", "Distribuidora Andina SAC"),
    "3": ("net_overdue_text", "S/ 1,250.00"),
    "4": ("oldest_due_text", "03/11/2026"),
    "url:2": ("pay_url", "https://cobranzas.example/c/muestra"),
}
# name, language, tone, text, button with the pay link, buttons to answer
TEMPLATES = (
    (
        *("recordatorio_amable", "es", "friendly"),
        "Hola {{1}}, le saluda {{2}}.\n\nTiene *{{3}}* pendiente de pago desde el {{4}}. Puede"
        " pagar con el botón, o contarnos por aquí qué día pagará.",
        *("Ver y pagar", "Ya pagué, No escribirme más"),
    ),
    (
        *("recordatorio_firme", "es", "firm"),
        "Estimados señores de {{1}}:\n\n{{2}} no registra todavía el pago de *{{3}}*, vencido desde"
        " el {{4}}. Les pedimos regularizarlo con el botón, o indicarnos por aquí qué día pagarán.",
        *("Ver y pagar", "Ya pagué, No escribirme más"),
    ),
    (
        *("recordatorio_amable", "en", "friendly"),
        "Hello {{1}}, this is {{2}}.\n\n*{{3}}* has been due since {{4}}. You can pay with the"
        " button below, or tell us here on which day you will pay.",
        *("See and pay", "I have paid, Stop messages"),
    ),
)
# name, days, tone of the steps that write
STEPS = (("Recordatorio por WhatsApp", 1, "friendly"), ("Segundo recordatorio", 15, "firm"))


def ensure(env, company):
    """Give the company a number, templates, and a strategy for debtors who carry a phone."""
    if "collections.whatsapp.account" not in env:
        return
    account = env["collections.whatsapp.account"].create(
        {
            "name": "WhatsApp simulado",
            "company_id": company.id,
            "phone_number_id": NUMBER,
            "waba_id": WABA,
            "token": TOKEN,
            "app_secret": SECRET,
            "base_url": "http://127.0.0.1",
            "phone": "+51955111222",
            "quality": "GREEN",
            "test_number": "+51900000000",
        }
    )
    templates = env["collections.whatsapp.template"]
    for row in enumerate(TEMPLATES, start=1):
        templates += _write_template(account, *row)
    _make_strategy(env, company, templates)


def _write_template(account, number, facts):
    name, language, tone, body, url_text, replies = facts
    template = account.env["collections.whatsapp.template"].create(
        {
            "account_id": account.id,
            "external_id": str(number),
            "name": name,
            "language": language,
            "tone": tone,
            "status": "APPROVED",
            "category": "utility",
            "body": body,
            "button_url_text": url_text,
            "button_url": "http://localhost/c/{{1}}",
            "button_reply_texts": replies,
        }
    )
    for row in template.parameter_ids:
        source, row.sample = SOURCES[row.name]
        row.source = source
    return template


def _make_strategy(env, company, templates):
    """Small debts of people with a phone are asked for by WhatsApp, where they answer."""

    def ref(name):
        return env.ref(f"collections_management.{name}")

    shared = {"channel_ids": [(6, 0, [env.ref(f"{ADDON}.collections_channel_whatsapp").id,
                                      ref("collections_channel_email").id])],
              "whatsapp_template_ids": [(6, 0, templates.ids)],
              "template_ids": [(6, 0, [ref(f"mail_template_first_{tone}").id
                                       for tone in ("friendly", "neutral", "firm")])]}  # fmt: skip
    steps = [
        {"name": name, "days": days, "tone": tone, "mode": "automatic", **shared}
        for name, days, tone in STEPS
    ]
    steps.append(
        {
            "name": "Llamada",
            "days": 30,
            "tone": "neutral",
            "mode": "manual",
            "channel_ids": [(6, 0, ref("collections_channel_task").ids)],
            "instructions": "Llame a quien no respondió por WhatsApp y anote el día que ofrece.",
        }
    )
    strategy = env["collections.strategy"].create(
        {
            "name": "Por WhatsApp",
            "company_id": company.id,
            "description": "Deudas chicas y recientes: dos mensajes con enlace de pago, y llamada.",
            "sequence": 15,
            "quiet_days": 3,
            "step_ids": [(0, 0, values) for values in steps],
        }
    )
    env["collections.segment"].create(
        {
            "name": "Con celular",
            "company_id": company.id,
            "sequence": 15,
            "domain": "[('days_past_due', '<=', 60), ('amount_total', '<', 8000),"
            " ('partner_id.phone', '!=', False)]",
            "strategy_id": strategy.id,
            "note": "Deben poco y desde hace poco: responden por WhatsApp antes que por correo.",
        }
    )
