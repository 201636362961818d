"""What the department of the first company may do, and whom it works with."""

# setting of the company -> code, name and type of its account
ACCOUNTS = {
    "collections_write_off_account_id": ("6599902", "Castigo de cuentas incobrables", "expense"),
    "collections_recovery_account_id": (
        *("7599901", "Recuperación de cuentas castigadas", "income_other"),
    ),
    "collections_tax_recovery_account_id": (
        *("4011901", "IGV de cuentas incobrables por recuperar", "asset_current"),
    ),
    "collections_provision_account_id": (
        *("1911901", "Estimación de cobranza dudosa", "asset_current"),
    ),
    "collections_provision_expense_account_id": (
        *("6841901", "Gasto por estimación de cobranza dudosa", "expense"),
    ),
}
PROMISE_DAYS = 30  # a longer promise waits for a supervisor
AGENCY = "Recupera Perú Cobranzas SAC"
AGENT = "agencia"


def ensure(env, company, today):
    """Set the limits, the accounts, the policy of fees and the agency."""
    accounts = env["account.account"].with_company(company)
    for field, (code, name, kind) in ACCOUNTS.items():
        company[field] = accounts.create(
            {"code": code, "name": name, "account_type": kind, "company_ids": [(6, 0, company.ids)]}
        )
    company.write(
        {
            "collections_write_off_limit": 20000,
            "collections_fee_limit_supervisor": 500,
            "collections_fee_limit_manager": 5000,
            "collections_agreement_tolerated": 1,
            "collections_agreement_interest_product_id": _sell(env, "Interés de acuerdos").id,
            "collections_agreement_discount_product_id": _sell(env, "Descuento de acuerdos").id,
        }
    )
    env["collections.segment"].search([]).promise_limit_days = PROMISE_DAYS
    _charge(env, company, today)
    _place(env, company)


def _charge(env, company, today):
    """Charge interest for paying late, on debit notes of a journal of their own."""
    journal = env["account.journal"].create(
        {
            "name": "Cargos por mora",
            "code": "MORA",
            "type": "sale",
            "company_id": company.id,
            "l10n_latam_use_documents": False,
        }
    )
    env["collections.fee.policy"].create(
        {
            "name": "Interés moratorio",
            "company_id": company.id,
            "rate_source": "own",
            "limit_mode": "none",  # far below it; the rates of the law are for the visitor to enter
            "tier_ids": [(0, 0, {"days": 1, "percent": 12})],
            "date_start": today.replace(year=today.year - 3, day=1),
            "product_id": _sell(env, "Interés por pago tardío").id,
            "journal_id": journal.id,
            "mode": "automatic",
            "posting": "posted",
        }
    )


def _sell(env, name):
    """Return a new service without tax."""
    return env["product.product"].create({"name": name, "type": "service", "taxes_id": [(5, 0, 0)]})


def _place(env, company):
    """Work with an outside agency, whose people have the portal."""
    partner = env["res.partner"].create(
        {
            "name": AGENCY,
            "is_company": True,
            "email": f"{AGENT}@recupera-peru.example",
            "lang": env.context.get("lang"),
            "country_id": company.country_id.id,
        }
    )
    env["collections.agency"].create(
        {
            "partner_id": partner.id,
            "company_id": company.id,
            "user_ids": [(6, 0, env["res.users"].search([("login", "=", AGENT)]).ids)],
            "tier_ids": [
                (0, 0, {"percent": 12}),
                (0, 0, {"days_from": 180, "percent": 20}),
            ],
        }
    )
