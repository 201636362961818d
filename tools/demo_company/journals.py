"""Sales and bank journals: one set for each sales office ("lane") of a company."""

# (company, lane) -> (code, name, series of its documents)
SALES = {
    (0, 0): ("INV", "Ventas Lima y sur", 1),
    (0, 1): ("VNE", "Ventas norte y exportación", 3),
    (1, 1): ("INV", "Ventas", 2),
}
# (company, lane, currency) -> (code, name, bank, number of the account: CCI)
BANKS = {
    (0, 0, "PEN"): ("BNK1", "BCP soles", "peruvian_bcplpepl_bank", "00219300123456780015"),
    (0, 1, "PEN"): ("BNK3", "Interbank soles", "peruvian_binppepl_bank", "00389800135724680043"),
    (0, 1, "USD"): ("BNK2", "BCP dólares", "peruvian_bcplpepl_bank", "00219300198765430018"),
    (1, 1, "PEN"): ("BNK1", "BBVA soles", "peruvian_bconpepl_bank", "01118100223344550016"),
    (1, 1, "USD"): ("BNK2", "BBVA dólares", "peruvian_bconpepl_bank", "01118100255443320019"),
}
WRITE_OFF = "6599901"


def ensure(env, company, number):
    """Make the journals and the accounts company `number` works with."""
    for (owner, _lane), (code, name, _series) in SALES.items():
        if owner == number:
            _ensure(env, company, code, {"name": name, "type": "sale"})
    for (owner, _lane, currency), (code, name, bank, cci) in BANKS.items():
        if owner == number:
            values = {"name": name, "type": "bank"}
            if currency != "PEN":
                values["currency_id"] = env.ref(f"base.{currency}").id
            journal = _ensure(env, company, code, values)
            journal.bank_account_id = _bank_account(env, company, currency, bank, cci)
    env["account.account"].with_company(company).create(
        {
            "code": WRITE_OFF,
            "name": "Diferencias menores de cobranza",
            "account_type": "expense",
            "company_ids": [(6, 0, company.ids)],
        }
    )


def sales(company, number, lane):
    """Return the sales journal of a lane."""
    return _find(company, SALES[number, lane][0])


def bank(company, number, lane, currency):
    """Return the bank journal of a lane in a currency."""
    return _find(company, BANKS[number, lane, currency][0])


def series(number, lane):
    """Return the number of the document series of a lane."""
    return SALES[number, lane][2]


def write_off_account(company):
    """Return the account small differences are written off to."""
    accounts = company.env["account.account"].with_company(company)
    return accounts.search([("code", "=", WRITE_OFF), ("company_ids", "in", company.ids)], limit=1)


def _find(company, code):
    domain = [("code", "=", code), ("company_id", "=", company.id)]
    return company.env["account.journal"].search(domain, limit=1)


def _ensure(env, company, code, values):
    """Rename the journal the chart of accounts brought, or create another."""
    journal = _find(company, code)
    if journal:
        journal.name = values["name"]
        return journal
    if values["type"] == "sale":
        values = values | {"l10n_latam_use_documents": True}
    return (
        env["account.journal"]
        .with_company(company)
        .create(values | {"code": code, "company_id": company.id})
    )


def _bank_account(env, company, currency, bank_xmlid, cci):
    found = env.ref(f"l10n_pe.{bank_xmlid}", raise_if_not_found=False)
    return env["res.partner.bank"].create(
        {
            "acc_number": cci,
            "partner_id": company.partner_id.id,
            "bank_id": found.id if found else False,
            "currency_id": env.ref(f"base.{currency}").id,
            "allow_out_payment": True,
        }
    )
