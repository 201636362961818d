from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

GROUP = "collections_management.collections_management_group_%s"
AGREED_BY = ("supervisor", "manager")


class CollectionsWaiting(models.TransientModel):
    """Everything that waits for the decision of one person, kind by kind; each opens its list.

    What the person asked for is left out: somebody else decides on it.
    """

    _name = "collections.waiting"
    _description = "What Waits for Me"

    collector_ids = fields.Many2many(
        "res.users", readonly=True, help="Only what is of their cases; empty: everything."
    )
    summary = fields.Char(compute="_compute_rows")
    rows = fields.Json(compute="_compute_rows")

    @api.depends("collector_ids")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for page in self:
            names = ", ".join(page.sudo().collector_ids.mapped("name"))
            page.display_name = (
                self.env._("What Waits for Me: %(collectors)s", collectors=names)
                if names
                else self.env._("What Waits for Me")
            )

    @api.depends("collector_ids")
    @api.depends_context("lang", "uid")
    def _compute_rows(self):
        for page in self:
            rows = page._get_rows()
            total = sum(row["count"] for row in rows if row["key"] != "runs")
            page.rows = rows
            page.summary = (
                self.env._("%(count)s decisions wait for you.", count=total)
                if total
                else self.env._("Nothing waits for your decision.")
            )

    def _get_rows(self):
        """Return what the tally shows: one count a kind, those without any left out."""
        self.ensure_one()
        found = [
            (code, label, model, domain & self._get_scope(model))
            for code, (label, model, domain) in self._get_kinds().items()
        ]
        counts = [self.env[model].search_count(domain) for _code, _label, model, domain in found]
        return [
            {
                "key": code,
                "label": label,
                "count": count,
                "kind": "stay",
                "model": model,
                "domain": list(domain),
            }
            for (code, label, model, domain), count in zip(found, counts, strict=True)
            if count
        ]

    def _get_scope(self, model):
        """Return the domain of what is of the cases of these collectors."""
        if not self.collector_ids:
            return Domain.TRUE
        name = "contact_ids.case_id" if model == "collections.run" else "case_id"
        return Domain(f"{name}.user_id", "in", self.collector_ids.ids)

    @api.model
    def _get_kinds(self):
        """Extension point: ``{code: (words, model, domain)}`` of what the user decides on."""
        me = self.env.uid
        messages = Domain("state", "=", "awaiting") & (
            Domain("needs_second", "=", False) | Domain("approved_by_id", "!=", me)
        )
        requested = Domain("state", "=", "requested") & Domain("requested_by_id", "!=", me)
        kinds = {
            "messages": (self.env._("Messages"), "collections.contact", messages),
            "runs": (
                self.env._("Runs with messages that wait"),
                "collections.run",
                Domain("contact_ids", "any", messages),
            ),
            "promises": (
                self.env._("Promises"),
                "collections.promise",
                Domain("state", "=", "awaiting") & Domain("user_id", "!=", me),
            ),
            "agreements": (
                self.env._("Agreements"),
                "collections.agreement",
                Domain("state", "=", "awaiting")
                & Domain("user_id", "!=", me)
                & Domain("create_uid", "!=", me)
                & Domain("approval_role", "in", self._get_roles()),
            ),
            "fees": (
                self.env._("Fees to charge"),
                "collections.fee",
                Domain("state", "=", "proposed") & Domain("asked_by_id", "!=", me),
            ),
            "waivers": (
                self.env._("Waivers of fees"),
                "collections.fee",
                Domain("waiver_state", "=", "asked")
                & Domain("waiver_asked_by_id", "!=", me)
                & self._get_waiver_domain(),
            ),
            "write_offs": (self.env._("Write-offs"), "collections.write.off", requested),
            "credit_releases": (
                self.env._("Releases of a credit hold"),
                "collections.credit.release",
                requested,
            ),
            "escalations": (self.env._("Escalations"), "collections.escalation", requested),
        }
        if not self.env["collections.write.off"]._is_approver():
            del kinds["write_offs"]
        return kinds

    @api.model
    def _get_roles(self):
        """Return as whom the user approves agreements."""
        return [role for role in AGREED_BY if self.env.user.has_group(GROUP % role)]

    @api.model
    def _get_waiver_domain(self):
        """Return the domain of the fees that are within the user's limit; a manager has none."""
        if self.env.user.has_group(GROUP % "manager"):
            return Domain.TRUE
        fees = self.env["collections.fee"]
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("amount_company", "<=", fees._get_waiver_limit(company))
            for company in self.env.companies.sudo()
        )

    # -- the screen ------------------------------------------------------------------------------

    @api.model
    def action_open(self):
        """Open the page of everything that waits for the caller."""
        return self._open(self.env["res.users"])

    @api.model
    def _open(self, collectors):
        """Open the page of what is of the cases of these collectors; none: of everybody's."""
        if not self.env.user.has_group(GROUP % "supervisor"):
            raise AccessError(self.env._("A supervisor approves: ask one."))
        page = self.sudo().create({"collector_ids": collectors.ids})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Waits for Me"),
            "res_model": self._name,
            "res_id": page.id,
            "views": [[False, "form"]],
        }
