"""Invoices and credit notes, posted by Odoo."""

from . import company, journals, partners, products, terms


def post(env, plan, number, lane, chunk):
    """Create and post one chunk of invoices of company `number`."""
    firm = company.companies(env)[number]
    env = env(context={**env.context, "allowed_company_ids": firm.ids})
    makers = _Makers(env, plan, firm, number, lane)
    moves = env["account.move"].create([makers.values(invoice) for invoice in chunk])
    _number_first(moves, journals.SERIES[number, lane])
    moves.action_post()
    for move, invoice in zip(moves, chunk, strict=True):
        if invoice.no_followup:
            move.no_followup = True


class _Makers:
    """The ids an invoice needs, looked up once per chunk."""

    def __init__(self, env, plan, firm, number, lane):
        self.plan = plan
        self.journals = {
            letter: journals.sales(firm, number, lane, letter).id for letter in ("F", "B")
        }
        self.partners = partners.by_index(env, plan)
        self.products = products.by_code(env)
        self.terms = terms.by_code(env)
        self.currencies = {code: env.ref(f"base.{code}").id for code in ("PEN", "USD")}
        chart = env["account.chart.template"].with_company(firm)
        self.export_tax = chart.ref("sale_tax_exp").ids
        self.tax = firm.account_sale_tax_id.ids
        self.documents = {
            letter: env.ref(f"l10n_pe.document_type{kind}").id
            for letter, kind in (("F", "01"), ("B", "02"))
        }
        self.salesperson = env.ref("base.user_admin").id

    def values(self, invoice):
        """Return the values of one invoice."""
        person = self.plan.debtors[invoice.debtor].person
        letter = "F" if person.id_type == "l10n_pe.it_RUC" else "B"
        taxes = self.tax if person.country in ("pe", "") else self.export_tax
        return {
            "move_type": "out_invoice",
            "journal_id": self.journals[letter],
            "partner_id": self.partners[invoice.debtor],
            "invoice_date": invoice.day,
            "date": invoice.day,
            "currency_id": self.currencies[invoice.currency],
            "invoice_payment_term_id": self.terms[invoice.term],
            "l10n_latam_document_type_id": self.documents[letter],
            "invoice_origin": invoice.order,
            "invoice_user_id": self.salesperson,
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        "product_id": self.products[code],
                        "quantity": quantity,
                        "price_unit": price,
                        "tax_ids": [(6, 0, taxes)],
                        "analytic_distribution": False,  # or Odoo searches for one, line by line
                    },
                )
                for code, quantity, price in invoice.lines
            ],
        }


def _number_first(moves, series):
    """Give the first document of each type its Peruvian series; the rest follow."""
    seen = set()
    for move in moves:
        document, journal = move.l10n_latam_document_type_id, move.journal_id
        if (document, journal) in seen:
            continue
        seen.add((document, journal))
        posted = move.search_count(
            [
                ("journal_id", "=", journal.id),
                ("l10n_latam_document_type_id", "=", document.id),
                ("state", "=", "posted"),
            ],
            limit=1,
        )
        if not posted:
            letter = document.doc_code_prefix
            refund = move.move_type == "out_refund"
            prefix = f"{letter}C{series:02d}" if refund else f"{letter}{series:03d}"
            move.l10n_latam_document_number = f"{prefix}-00000001"


def by_order(env, orders):
    """Return {order: invoice}."""
    moves = env["account.move"].search(
        [("invoice_origin", "in", list(orders)), ("move_type", "=", "out_invoice")]
    )
    return {move.invoice_origin: move for move in moves}


def credit(env, number, lane, chunk):
    """Create and post the credit notes of a chunk; Odoo reconciles them with their invoices.

    In one batch: `_reverse_moves` copies one by one, which takes six times as long.
    """
    firm = company.companies(env)[number]
    env = env(context={**env.context, "allowed_company_ids": firm.ids})
    invoices = by_order(env, [note.order for note in chunk])
    documents = {
        "F": env.ref("l10n_pe.document_type07").id,
        "B": env.ref("l10n_pe.document_type07b").id,
    }
    refunds = env["account.move"].create(
        [_refund_values(note, invoices[note.order], documents) for note in chunk]
    )
    _number_first(refunds, journals.SERIES[number, lane])
    refunds.action_post()


def _refund_values(note, move, documents):
    """Return the values of a credit note; one that stays open is not tied to the invoice."""
    return {
        "move_type": "out_refund",
        "journal_id": move.journal_id.id,
        "partner_id": move.partner_id.id,
        "invoice_date": note.day,
        "date": note.day,
        "currency_id": move.currency_id.id,
        "invoice_payment_term_id": False,
        "l10n_latam_document_type_id": documents[move.l10n_latam_document_type_id.doc_code_prefix],
        "reversed_entry_id": move.id if note.allocated else False,
        "ref": f"{note.reason} ({move.name})",
        "invoice_origin": f"NC-{note.order}",
        "invoice_user_id": move.invoice_user_id.id,
        "invoice_line_ids": [
            (
                0,
                0,
                {
                    "product_id": line.product_id.id,
                    "quantity": line.quantity,
                    "price_unit": round(line.price_unit * note.share, 2),
                    "tax_ids": [(6, 0, line.tax_ids.ids)],
                    "analytic_distribution": False,
                },
            )
            for line in move.invoice_line_ids
        ],
    }
