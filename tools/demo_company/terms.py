"""Payment terms as data: code -> (name, ((percent, days), ...))."""

TERMS = {
    "contado": ("Contado", ((100, 0),)),
    "15": ("Crédito 15 días", ((100, 15),)),
    "30": ("Crédito 30 días", ((100, 30),)),
    "45": ("Crédito 45 días", ((100, 45),)),
    "60": ("Crédito 60 días", ((100, 60),)),
    "letras": ("3 letras a 30/60/90 días", ((33.33, 30), (33.33, 60), (33.34, 90))),
    "adelanto": ("50 % al contado, saldo a 30 días", ((50, 0), (50, 30))),
}


def ensure(env):
    """Create the payment terms that are missing."""
    existing = {term.name for term in env["account.payment.term"].search([])}
    env["account.payment.term"].create(
        [
            {
                "name": name,
                "note": name,
                "sequence": 1,
                "company_id": False,
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": percent, "nb_days": days})
                    for percent, days in instalments
                ],
            }
            for name, instalments in TERMS.values()
            if name not in existing
        ]
    )


def by_code(env):
    """Return {code: id} of the payment terms."""
    found = {term.name: term.id for term in env["account.payment.term"].search([])}
    return {code: found[name] for code, (name, _instalments) in TERMS.items()}
