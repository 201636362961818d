from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CollectionsCreditRelease(models.Model):
    """Somebody asks to sell to a debtor on credit hold; another person decides.

    One that names a document lets that document through, once; one that names none ends the
    credit hold.
    """

    _name = "collections.credit.release"
    _description = "Release Request of a Credit Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    case_id = fields.Many2one(
        "collections.case",
        string="Debtor's Case",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor", store=True)
    move_id = fields.Many2one(
        "account.move", string="Invoice", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    document = fields.Char(compute="_compute_document", help="What is let through. Empty: all.")
    note = fields.Text(string="Why", readonly=True)
    state = fields.Selection(
        [
            ("requested", "To decide"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("used", "Approved and used"),
        ],
        required=True,
        default="requested",
        readonly=True,
        tracking=True,
        index=True,
    )
    requested_by_id = fields.Many2one("res.users", string="Asked by", required=True, readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    credit_hold_text = fields.Char(related="case_id.credit_hold_text")
    amount_net_overdue = fields.Monetary(related="case_id.amount_net_overdue")
    currency_id = fields.Many2one(related="case_id.currency_id")

    @api.depends("move_id")
    def _compute_document(self):
        for request in self:
            document = request._get_document()
            request.document = document.sudo().display_name if document else False

    @api.depends("partner_id", "document")
    def _compute_display_name(self):
        for request in self:
            names = filter(None, (request.partner_id.display_name, request.document))
            request.display_name = ": ".join(names)

    def _get_document(self):
        """Extension point: the document it lets through, or an empty record for all."""
        self.ensure_one()
        return self.move_id

    @api.model
    def _ask(self, case, note, values):
        """Ask for a release; asking twice for one document asks once.

        :param dict values: the document's field, or nothing
        :return: the request
        """
        domain = [("case_id", "=", case.id), ("state", "in", ("requested", "approved"))]
        domain += [(name, "=", value) for name, value in values.items()]
        if not values:
            domain += [(name, "=", False) for name in self._get_document_fields()]
        standing = self.sudo().search(domain, limit=1)
        if standing:
            return standing
        request = self.sudo().create(
            {"case_id": case.id, "note": note, "requested_by_id": self.env.uid, **values}
        )
        case.sudo()._log("credit_asked", {"request": request.id}, content={"note": note})
        supervisor = case.sudo().supervisor_id
        request.activity_schedule(
            "collections_management.mail_activity_type_release",
            summary=request.display_name,
            note=note,
            user_id=(supervisor or self.env.ref("base.user_admin")).id,
        )
        return request

    @api.model
    def _get_document_fields(self):
        """Extension point: the fields that name the document of a request."""
        return ["move_id"]

    def action_approve(self):
        """Let the document through once, or end the credit hold."""
        for request in self._take():
            request._decide("approved")
            if not request._get_document():
                request.case_id._release_credit_hold("approved")
        return True

    def action_refuse(self):
        """The credit hold stays."""
        for request in self._take():
            request._decide("refused")
        return True

    def _take(self):
        """Return the requests, in hand, with raised rights.

        :raise UserError: below a supervisor, on one's own request, and when somebody was first
        """
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise AccessError(self.env._("A supervisor decides on credit holds."))
        self.check_access("read")
        taken = self.sudo().try_lock_for_update()
        taken.invalidate_recordset(["state"])
        if taken != self or any(request.state != "requested" for request in taken):
            raise UserError(self.env._("Somebody else decided this request already."))
        if self.env.user in taken.requested_by_id:
            raise UserError(self.env._("You asked for it, so somebody else decides."))
        return taken

    def _decide(self, state):
        self.ensure_one()
        self.write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_on": fields.Datetime.now(),
            }
        )
        self.activity_unlink(["collections_management.mail_activity_type_release"])
        self.case_id._log(f"credit_{state}", {"request": self.id})
        self._tell_decision()

    def _tell_decision(self):
        """Tell who asked what came of it, on what they asked for."""
        sentence = (
            self.env._("The release of the credit hold was approved by %s.", self.env.user.name)
            if self.state == "approved"
            else self.env._("The release of the credit hold was refused by %s.", self.env.user.name)
        )
        document = self._get_document() or self
        document.sudo().message_post(body=sentence, partner_ids=self.requested_by_id.partner_id.ids)

    @api.model
    def _get_approved(self, name, documents):
        """Return the approved requests of documents, not used yet.

        :param str name: the field that names them
        """
        return self.sudo().search([(name, "in", documents.ids), ("state", "=", "approved")])
