"""What the two companies sell."""

# company index -> ((code, name, list price in PEN), ...)
CATALOGUE = (
    (
        ("ARR-50", "Arroz superior, saco de 50 kg", 178.0),
        ("AZU-50", "Azúcar rubia, saco de 50 kg", 162.5),
        ("ACE-12", "Aceite vegetal, caja de 12 x 900 ml", 94.8),
        ("LEC-24", "Leche evaporada, caja de 24 latas", 89.9),
        ("FID-20", "Fideos, fardo de 20 x 500 g", 52.4),
        ("QUI-25", "Quinua blanca, saco de 25 kg", 236.0),
        ("CAF-10", "Café tostado orgánico, caja de 10 kg", 318.0),
        ("DET-15", "Detergente, saco de 15 kg", 84.6),
        ("PAP-48", "Papel higiénico, fardo de 48", 61.9),
        ("AGU-15", "Agua mineral, paquete de 15", 18.5),
        ("FLT-01", "Flete y reparto", 35.0),
    ),
    (
        ("BAL-30", "Balanza electrónica de 30 kg", 289.0),
        ("VIT-02", "Vitrina refrigerada de 2 puertas", 3490.0),
        ("GON-05", "Góndola metálica de 5 niveles", 465.0),
        ("CAJ-01", "Caja registradora", 980.0),
        ("REP-01", "Repuestos y accesorios", 74.5),
        ("MAN-01", "Mantenimiento preventivo", 260.0),
    ),
)
IGV = 0.18


def ensure(env, companies):
    """Create the products that are missing; each company sells its own."""
    found = set(
        env["product.product"].search([("default_code", "!=", False)]).mapped("default_code")
    )
    env["product.product"].create(
        [
            {
                "default_code": code,
                "name": name,
                "list_price": price,
                "type": "service" if code in ("FLT-01", "MAN-01") else "consu",
                "company_id": company.id,
                "taxes_id": [(6, 0, company.account_sale_tax_id.ids)],
                "supplier_taxes_id": [(6, 0, company.account_purchase_tax_id.ids)],
            }
            for company, catalogue in zip(companies, CATALOGUE, strict=True)
            for code, name, price in catalogue
            if code not in found
        ]
    )


def by_code(env):
    """Return {code: id} of the products."""
    codes = [code for catalogue in CATALOGUE for code, _name, _price in catalogue]
    found = env["product.product"].search([("default_code", "in", codes)])
    return {product.default_code: product.id for product in found}
