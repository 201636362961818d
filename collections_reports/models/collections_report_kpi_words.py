from odoo import api, models


class CollectionsReportKpi(models.AbstractModel):
    """What each key figure is called, how it is made, and what it does not say."""

    _inherit = "collections.report.kpi"

    @api.model
    def _get_words(self):
        """Return ``{name: {"label", "kind", "better", "formula", "sources", "caveat"}}``, in the
        order of the definitions."""
        return (
            self._get_collection_words()
            | self._get_delinquency_words()
            | self._get_promise_words()
            | self._get_contact_words()
        )

    def _word(self, label, kind, better, formula, sources, caveat=None):
        return {"label": label, "kind": kind, "better": better, "formula": formula,
                "sources": sources, "caveat": caveat}  # fmt: skip

    def _get_collection_words(self):
        ledger = self.env._("Posted entries on the receivable accounts.")
        sold = self.env._("Receivables, and posted customer invoices less credit notes.")
        return {
            "sales": self._word(
                self.env._("Credit sales"), "money", "up",
                self.env._("Invoices less credit notes of the period, taxes included."),
                self.env._("Receivable lines of posted customer invoices and credit notes."),
                self.env._("Cash sales that were invoiced are in it."),
            ),
            "collected": self._word(
                self.env._("Collected"), "money", "up",
                self.env._("What bank and cash journals credited to receivables in the period."),
                ledger,
                self.env._(
                    "Matched to invoices or not; reversed payments, credit notes and write-offs "
                    "are not in it."
                ),
            ),
            "target": self._word(
                self.env._("Collected of target"), "percent", "up",
                self.env._("Recovered / target × 100, each target in proportion to its days."),
                self.env._("Targets, and the payments noticed after a contact."),
                self.env._(
                    "Payments that came without a contact count in Collected, not here. The target "
                    "of a whole team stands for those of its collectors."
                ),
            ),
            "dso": self._word(
                self.env._("DSO"), "days", "down",
                self.env._("Receivables at the end / credit sales of the period × its days."),
                sold,
                self.env._(
                    "Days sales outstanding move with sales: a strong month lowers them, a weak "
                    "one raises them. Compare periods of the same length."
                ),
            ),
            "dso_best": self._word(
                self.env._("Best possible DSO"), "days", "down",
                self.env._("Receivables not yet due / credit sales of the period × its days."),
                sold,
                self.env._("What the DSO would be if nobody paid late: it tells your terms."),
            ),
            "add": self._word(
                self.env._("Average days delinquent"), "days", "down",
                self.env._("DSO less best possible DSO."),
                sold,
                self.env._("Credits not yet applied lower it."),
            ),
            "dso_countback": self._word(
                self.env._("DSO, counted back"), "days", "down",
                self.env._(
                    "Receivables are used up by the sales of the latest month, of the month "
                    "before, and so on; the days of these months are counted."
                ),
                sold,
                self.env._("Does not move with the seasons; it looks three years back."),
            ),
            "dso_true": self._word(
                self.env._("True DSO, per invoice"), "days", "down",
                self.env._(
                    "Sum of (amount paid × days from the invoice to the payment) / amount paid."
                ),
                self.env._("Payments reconciled with invoices, on the later of both dates."),
                self.env._(
                    "What is never paid is not in it, nor invoices that were taken over as opening "
                    "balances."
                ),
            ),
            "cei": self._word(
                self.env._("CEI"), "percent", "up",
                self.env._(
                    "(Receivables at the beginning + sales − receivables at the end) / "
                    "(receivables at the beginning + sales − receivables not due at the end) × 100."
                ),
                sold,
                self.env._(
                    "Collection effectiveness index: 100 is everything that could be collected. "
                    "Credits not applied can take it above 100."
                ),
            ),
        }  # fmt: skip

    def _get_delinquency_words(self):
        open_items = self.env._("Open items at the end of the last day, as the books tell today.")
        return {
            "receivable": self._word(
                self.env._("Receivables"), "money", None,
                self.env._("All that is open, less credits not applied."), open_items,
                self.env._(
                    "For who sees all it is the balance of the receivable accounts, but for "
                    "payments set back to draft that are still matched."
                ),
            ),
            "overdue": self._word(
                self.env._("Overdue"), "money", "down",
                self.env._("Open items past their due date, before credits."), open_items,
            ),
            "credits": self._word(
                self.env._("Credits not applied"), "money", "down",
                self.env._("Payments and credit notes that no invoice was matched with."),
                open_items,
            ),
            "overdue_ratio": self._word(
                self.env._("Overdue ratio"), "percent", "down",
                self.env._("Overdue / (overdue + not due) × 100, before credits."), open_items,
            ),
            "cure_rate": self._word(
                self.env._("Cure rate"), "percent", "up",
                self.env._(
                    "Debtors overdue when the period began and not at its end / debtors overdue "
                    "when it began × 100."
                ),
                open_items,
                self.env._("By number of debtors, whatever they owe; a write-off cures, too."),
            ),
            "relapse_rate": self._word(
                self.env._("Relapse rate"), "percent", "down",
                self.env._(
                    "Of the debtors overdue when the period before began and not when this one "
                    "began, those overdue again at its end × 100."
                ),
                open_items,
                self.env._("By number of debtors. Not compared with the period before."),
            ),
            "written_off": self._word(
                self.env._("Written off"), "money", "down",
                self.env._("Receivables written off in the period and not taken back."),
                self.env._("Entries of write-offs made in Collections."),
                self.env._("Losses booked by hand elsewhere are not in it."),
            ),
            "bad_debt_ratio": self._word(
                self.env._("Bad debt to sales"), "percent", "down",
                self.env._("Written off / credit sales of the period × 100."),
                self.env._("Entries of write-offs made in Collections, and credit sales."),
                self.env._("What is written off was mostly sold long before the period."),
            ),
        }  # fmt: skip

    def _get_promise_words(self):
        promises = self.env._("Promises whose verdict was taken in the period.")
        rate = self.env._(
            "Promises in other currencies at the rate of the last day. Replaced and withdrawn ones "
            "are not in it."
        )
        count = self.env._("Promises with this verdict / all promises settled × 100.")
        amount = self.env._("Amount promised with this verdict / all amounts settled × 100.")
        words = {}
        for state, better, by_count, by_amount in (
            ("kept", "up", self.env._("Promises kept"), self.env._("Promises kept, by amount")),
            ("partly", None, self.env._("Promises partly kept"),
             self.env._("Promises partly kept, by amount")),
            ("broken", "down", self.env._("Promises broken"),
             self.env._("Promises broken, by amount")),
        ):  # fmt: skip
            words[f"promise_{state}_count"] = self._word(
                by_count, "percent", better, count, promises
            )
            words[f"promise_{state}_amount"] = self._word(
                by_amount, "percent", better, amount, promises, rate
            )
        words["dispute_days"] = self._word(
            self.env._("Days to solve a dispute"), "days", "down",
            self.env._("Days from opening to closing / disputes closed in the period."),
            self.env._("Disputes closed in the period, however they ended."),
            self.env._("Disputes that are still open are not in it, however old."),
        )  # fmt: skip
        return words

    def _get_contact_words(self):
        contacts = self.env._("Contacts of the period; what went to the test address is none.")
        return {
            "contact_rate": self._word(
                self.env._("Contact rate"), "percent", "up",
                self.env._("Attempts that arrived / attempts × 100."), contacts,
                self.env._("A message that the provider took and did not refuse has arrived."),
            ),
            "right_party_rate": self._word(
                self.env._("Right-party contacts"), "percent", "up",
                self.env._(
                    "Calls and visits in which the debtor was reached / those with an outcome "
                    "× 100."
                ),
                self.env._("Outcomes that collectors noted."),
            ),
            "response_rate": self._word(
                self.env._("Response rate"), "percent", "up",
                self.env._("Debtors that wrote back / debtors that a message reached × 100."),
                self.env._("Contacts, and answers by e-mail or chat until the end of the period."),
                self.env._("Who pays without a word has not answered."),
            ),
            "automation_ratio": self._word(
                self.env._("Automatic contacts"), "percent", "up",
                self.env._("Contacts made without a person / contacts × 100."), contacts,
                self.env._("What a person approved was not without a person."),
            ),
            "first_payment": self._word(
                self.env._("Days to the first payment"), "days", "down",
                self.env._(
                    "Median of the days from the first contact of the period to the debtor's first "
                    "payment after it."
                ),
                self.env._("Contacts that arrived, and payments until the end of the period."),
                self.env._("Who has not paid by then is not in it: short periods look better."),
            ),
            "cost_per_contact": self._word(
                self.env._("Cost per contact"), "money", "down",
                self.env._("Cost of all attempts / contacts that arrived."),
                self.env._("What providers charge, as the channels say."),
                self.env._("Salaries are not in it."),
            ),
            "cost_per_recovered": self._word(
                self.env._("Cost of collecting"), "percent", "down",
                self.env._("Cost of all attempts / collected × 100."),
                self.env._("What providers charge, and Collected."),
                self.env._("Salaries are not in it; all payments are, contacted or not."),
            ),
        }  # fmt: skip
