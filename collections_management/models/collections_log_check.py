from odoo import api, fields, models
from odoo.tools import SQL

BATCH_SIZE = 500
KEPT_FAULTS = 1000  # per check: enough to see the pattern


class CollectionsLogCheck(models.Model):
    """One verification of the log of a company: what was read and what was wrong."""

    _name = "collections.log.check"
    _description = "Collections Log Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Asked By", readonly=True, help="Empty: scheduled.")
    state = fields.Selection(
        [("running", "Running"), ("intact", "Intact"), ("faulty", "Faulty")],
        required=True,
        readonly=True,
        default="running",
    )
    is_guarded = fields.Boolean(
        "Protected", readonly=True, help="The database refused changes when this check ran."
    )
    case_count = fields.Integer("Cases", readonly=True)
    entry_count = fields.Integer("Entries", readonly=True)
    fault_count = fields.Integer("Number of Faults", readonly=True)
    first_fault = fields.Char(readonly=True)
    last_case_id = fields.Integer("Verified Up To", readonly=True, aggregator=None)
    fault_ids = fields.One2many("collections.log.fault", "check_id", "Faults", readonly=True)

    def _get_result_action(self):
        """Open these checks, or the only one."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_log_check_action"
        )
        if len(self) == 1:
            return action | {"res_id": self.id, "views": [(False, "form")]}
        return action | {"domain": [("id", "in", self.ids)]}

    @api.model
    def _check_cases(self, cases):
        """Verify these cases now; return one finished check per company."""
        checks = self.browse()
        for company, group in cases.sudo().grouped("company_id").items():
            check = self.create({"company_id": company.id, "user_id": self.env.uid})
            check._verify_next(group.ids)
            check._finish()
            checks += check
        return checks

    def _verify_next(self, case_ids):
        """Verify a batch of cases and add its result to this check."""
        self.ensure_one()
        log = self.env["collections.log"].sudo()
        entry_count, faults = 0, []
        for count, batch_faults in log._verify_batches(case_ids):
            entry_count += count
            faults += batch_faults
        kept = faults[: max(0, KEPT_FAULTS - self.fault_count)]
        self.env["collections.log.fault"].create(
            [self._prepare_fault_vals(fault) for fault in kept]
        )
        self.write(
            {
                "case_count": self.case_count + len(case_ids),
                "entry_count": self.entry_count + entry_count,
                "fault_count": self.fault_count + len(faults),
                "first_fault": self.first_fault or self._get_first_fault(faults),
                "last_case_id": max(case_ids, default=self.last_case_id),
            }
        )

    def _prepare_fault_vals(self, fault):
        return {
            "check_id": self.id,
            "case_id": fault.case_id,
            "sequence": fault.sequence,
            "kind": fault.kind,
            "description": self.env["collections.log"]._get_fault_text(fault),
        }

    def _get_first_fault(self, faults):
        if not faults:
            return False
        case = self.env["collections.case"].sudo().browse(faults[0].case_id)
        text = self.env["collections.log"]._get_fault_text(faults[0])
        return f"{case.display_name}: {text}"

    def _finish(self):
        """Close the check; on a fault or without protection, tell the managers."""
        self.ensure_one()
        guarded = self.env["collections.log"].sudo()._is_guarded()
        vals = {
            "is_guarded": guarded,
            "state": "intact" if guarded and not self.fault_count else "faulty",
        }
        if not guarded and not self.first_fault:
            vals["first_fault"] = self.env._("The database no longer protects the log.")
        self.write(vals)
        if self.state == "faulty":
            self._notify_managers()

    def _notify_managers(self):
        """One activity (and its e-mail) for each manager of the company."""
        for user in self._get_managers():
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The collections log does not verify"),
                note=self.first_fault,
                user_id=user.id,
            )

    def _get_managers(self):
        """Extension point: who is told about a fault."""
        return self.company_id._get_collections_managers()

    @api.model
    def _get_running(self, company):
        """The check of the cron that was not finished, else a new one."""
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "running"),
            ("user_id", "=", False),
        ]
        return self.search(domain, limit=1) or self.create({"company_id": company.id})

    @api.model
    def _get_next_case_ids(self, company, after, limit):
        """The next cases of the company, closed ones too; `limit` None: all of them."""
        return [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE company_id = %s AND id > %s ORDER BY id LIMIT %s",
                    SQL.identifier(self.env["collections.case"]._table),
                    company.id,
                    after,
                    limit,
                )
            )
        ]

    @api.model
    def _cron_verify_log(self, batch_size=BATCH_SIZE):
        """Verify every case of every company; goes on where it was stopped."""
        commit_progress = self.env["ir.cron"]._commit_progress
        companies = self._get_unverified_companies()
        checks = [self._get_running(company) for company in companies]
        commit_progress(
            remaining=sum(
                len(self._get_next_case_ids(check.company_id, check.last_case_id, None)) + 1
                for check in checks
            )
        )
        for check in checks:
            while case_ids := self._get_next_case_ids(
                check.company_id, check.last_case_id, batch_size
            ):
                check._verify_next(case_ids)
                if not commit_progress(len(case_ids)):
                    return  # out of time: the rest is rescheduled at once
            check._finish()
            if not commit_progress(1):
                return

    @api.model
    def _get_unverified_companies(self):
        """Companies with a check under way; when there is none, a new round: all with cases."""
        running = self.search([("state", "=", "running"), ("user_id", "=", False)])
        if running:
            return running.company_id
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT company_id FROM %s ORDER BY company_id",
                SQL.identifier(self.env["collections.case"]._table),
            )
        )
        return self.env["res.company"].browse(row[0] for row in rows)
