"""The two companies: chart of accounts, currency rates."""

import random

from dateutil.relativedelta import relativedelta

from . import journals, logo
from .people import LANGUAGE

COMPANIES = (
    {
        "name": "Distribuidora Andina SAC",
        "vat": "20512345671",
        "street": "Av. Los Frutales 580, Urb. Camacho",
        "city": "Ate, Lima",
        "phone": "+51 1 705 4400",
        "email": "cobranzas@distribuidora-andina.example",
        "website": "https://distribuidora-andina.example",
        "colours": ((22, 96, 136, 255), (244, 172, 54, 255)),
    },
    {
        "name": "Andina Equipos SRL",
        "vat": "20609876540",
        "street": "Calle Los Telares 145, Urb. Vulcano",
        "city": "Ate, Lima",
        "phone": "+51 1 705 4455",
        "email": "cobranzas@andina-equipos.example",
        "website": "https://andina-equipos.example",
        "colours": ((92, 45, 84, 255), (240, 128, 60, 255)),
    },
)


def ensure(env, seed, today):
    """Make both companies ready to invoice; return them."""
    _language(env)
    companies = env["res.company"]
    for number, values in enumerate(COMPANIES):
        companies += _company(env, number, values)
    _currencies(env, companies, seed, today)
    for number, company in enumerate(companies):
        journals.ensure(env, company, number)
    env.ref("base.user_admin").write(
        {
            "company_ids": [(6, 0, companies.ids)],
            "company_id": companies[0].id,
            "tz": "America/Lima",
            "group_ids": [(4, env.ref("account.group_account_manager").id)],
        }
    )
    return companies


def companies(env):
    """Return the two companies."""
    names = [values["name"] for values in COMPANIES]
    return env["res.company"].search([("name", "in", names)], order="id")


def _language(env):
    language = env["res.lang"].with_context(active_test=False).search([("code", "=", LANGUAGE)])
    if not language.active:
        env["base.language.install"].create({"lang_ids": [(6, 0, language.ids)]}).lang_install()


def _company(env, number, values):
    identity = {
        key: values[key] for key in ("name", "vat", "street", "city", "phone", "email", "website")
    }
    if number:
        company = env["res.company"].create(
            {"name": values["name"], "country_id": env.ref("base.pe").id}
        )
    else:
        company = env.ref("base.main_company")
    pen = env.ref("base.PEN")
    pen.active = True
    company.partner_id.write(
        {
            **{key: identity[key] for key in identity if key != "name"},
            "is_company": True,
            "lang": LANGUAGE,
            "tz": "America/Lima",
            "country_id": env.ref("base.pe").id,
            "state_id": env.ref("base.state_pe_15").id,
            "zip": "15023",
            "l10n_latam_identification_type_id": env.ref("l10n_pe.it_RUC").id,
        }
    )
    company.write(
        {"name": values["name"], "currency_id": pen.id, "logo": logo.draw(*values["colours"])}
    )
    if company.chart_template != "pe":
        env["account.chart.template"].try_loading("pe", company, install_demo=False)
    return company


def _currencies(env, companies, seed, today):
    """Give the dollar a rate on the first of every month, 25 months back."""
    dollar = env.ref("base.USD")
    dollar.active = True
    rates = env["res.currency.rate"]
    rates.search([("company_id", "in", [*companies.ids, False])]).unlink()
    rng, price = random.Random(f"{seed}/rates"), 3.74
    first = today.replace(day=1)
    values = []
    for month in range(25, -1, -1):
        price = min(3.90, max(3.70, price + rng.uniform(-0.035, 0.045)))
        day = first - relativedelta(months=month)
        values += [
            {
                "currency_id": dollar.id,
                "company_id": company.id,
                "name": day,
                "rate": 1 / round(price, 3),
            }
            for company in companies
        ]
    rates.create(values)
