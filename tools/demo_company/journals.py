"""Sales and bank journals: one set for each sales office ("lane") of a company."""

# (company, lane) -> series of its documents; F facturas, B boletas: a journal each, because
# Odoo numbers by journal
SERIES = {(0, 0): 1, (0, 1): 3, (1, 1): 2}
SALES = {
    (0, 0, "F"): ("INV", "Facturas Lima y sur"),
    (0, 0, "B"): ("BOL", "Boletas Lima y sur"),
    (0, 1, "F"): ("FNE", "Facturas norte"),
    (0, 1, "B"): ("BNE", "Boletas norte y exportación"),
    (1, 1, "F"): ("INV", "Facturas"),
    (1, 1, "B"): ("BOL", "Boletas y exportación"),
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
DIRECT, BY_STATEMENT = "Depósito confirmado", "Transferencia"


def ensure(env, company, number):
    """Make the journals and the accounts company `number` works with."""
    for (owner, _lane, _letter), (code, name) in SALES.items():
        if owner == number:
            _ensure(env, company, code, {"name": name, "type": "sale"})
    for (owner, _lane, currency), (code, name, bank, cci) in BANKS.items():
        if owner == number:
            values = {"name": name, "type": "bank"}
            if currency != "PEN":
                values["currency_id"] = env.ref(f"base.{currency}").id
            journal = _ensure(env, company, code, values)
            journal.bank_account_id = _bank_account(env, company, currency, bank, cci)
            _payment_methods(env, journal)
    env["account.account"].with_company(company).create(
        {
            "code": WRITE_OFF,
            "name": "Diferencias menores de cobranza",
            "account_type": "expense",
            "company_ids": [(6, 0, company.ids)],
        }
    )


def sales(company, number, lane, letter):
    """Return the sales journal of a lane for facturas (F) or boletas (B)."""
    return _find(company, SALES[number, lane, letter][0])


def bank(company, number, lane, currency):
    """Return the bank journal of a lane in a currency."""
    return _find(company, BANKS[number, lane, currency][0])


def method(journal, *, direct):
    """Return the way money comes in: straight to the bank account, or by the statement."""
    lines = journal.inbound_payment_method_line_ids
    return lines.filtered(lambda line: (line.name == DIRECT) == direct)[:1]


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


def _payment_methods(env, journal):
    """Name the manual method, and add one that books on the bank account itself."""
    journal.inbound_payment_method_line_ids[:1].name = BY_STATEMENT
    env["account.payment.method.line"].create(
        {
            "name": DIRECT,
            "journal_id": journal.id,
            "payment_method_id": env.ref("account.account_payment_method_manual_in").id,
            "payment_account_id": journal.default_account_id.id,
            "sequence": 20,
        }
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
