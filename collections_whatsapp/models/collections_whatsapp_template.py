from contextlib import suppress
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import get_lang

from odoo.addons.collections_management.models.collections_delivery import CONFLICTS
from odoo.addons.collections_management.models.collections_step import TONES

from ..engine import templates
from .collections_whatsapp_price import CATEGORIES

# It was approved, and is not any more.
BAD = ("PAUSED", "DISABLED", "REJECTED", "gone")
# What costs more comes later.
COSTS = ("service", "authentication", "utility", "marketing")
PAGE = 100
PAGES = 100
FIELDS = "id,name,language,status,category,quality_score,components,rejected_reason"
DRAFT = ("draft", "REJECTED")


class CollectionsWhatsappTemplate(models.Model):
    """A text that WhatsApp has approved, in one language; the only thing that may begin a
    conversation. ``category`` is what WhatsApp charges it as, whatever it was submitted as."""

    _name = "collections.whatsapp.template"
    _description = "WhatsApp Template"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, language"

    account_id = fields.Many2one(
        "collections.whatsapp.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char(required=True, help="Small letters, digits and _.")
    language = fields.Char(required=True, default="es", help="As WhatsApp writes it: es, es_MX.")
    active = fields.Boolean(default=True)
    external_id = fields.Char("WhatsApp ID", readonly=True, copy=False)
    status = fields.Selection(
        [
            ("draft", "Draft"),
            ("PENDING", "In review"),
            ("APPROVED", "Approved"),
            ("PAUSED", "Paused"),
            ("REJECTED", "Rejected"),
            ("DISABLED", "Disabled"),
            ("gone", "Deleted at WhatsApp"),
            ("other", "Other"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    status_detail = fields.Char("What WhatsApp Said", readonly=True, copy=False)
    checked_on = fields.Datetime("WhatsApp Told Last", readonly=True, copy=False)
    stopped_reason = fields.Char(
        "Stopped Because",
        readonly=True,
        tracking=True,
        copy=False,
        help="A fault was found: nothing leaves with it until a person has looked.",
    )
    category_submitted = fields.Selection(
        CATEGORIES[:3], required=True, default="utility", string="Submitted As"
    )
    category = fields.Selection(
        CATEGORIES, readonly=True, tracking=True, copy=False, help="As WhatsApp charges it."
    )
    quality = fields.Char(readonly=True, copy=False)
    tone = fields.Selection(TONES, default="neutral", required=True)
    header_kind = fields.Selection(
        [("text", "Text"), ("document", "Statement (PDF)")],
        string="Header",
    )
    header = fields.Char("Header Text")
    body = fields.Text(required=True, help="{{1}} or {{name}} is a variable. *bold*, _italic_.")
    footer = fields.Char()
    button_url_text = fields.Char("Button with a Link")
    button_url = fields.Char("Its Address", help="May end with {{1}}.")
    button_reply_texts = fields.Char("Buttons to Answer", help="Separated by commas.")
    parameter_ids = fields.One2many(
        "collections.whatsapp.parameter",
        "template_id",
        compute="_compute_parameter_ids",
        store=True,
        readonly=False,
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    is_usable = fields.Boolean(compute="_compute_is_usable", search="_search_is_usable")

    _name_unique = models.UniqueIndex(
        "(account_id, name, language) WHERE active", "A template has each language once."
    )

    @api.depends("name", "language")
    def _compute_display_name(self):
        for template in self:
            template.display_name = f"{template.name or ''} ({template.language or ''})"

    def _get_parts(self):
        """Return the parts as ``engine/templates.py`` takes them."""
        self.ensure_one()
        replies = [text.strip() for text in (self.button_reply_texts or "").split(",")]
        buttons = [{"type": "reply", "text": text, "url": ""} for text in replies if text]
        if self.button_url_text:
            buttons.append(
                {"type": "url", "text": self.button_url_text, "url": self.button_url or ""}
            )
        return {
            "header_kind": self.header_kind or "",
            "header": self.header or "",
            "body": self.body or "",
            "footer": self.footer or "",
            "buttons": buttons,
            "samples": {row.name: row.sample or "" for row in self.parameter_ids},
        }

    def _get_variables(self):
        """Return the names of all variables: the body's, and ``url:<index>`` of buttons."""
        parts = self._get_parts()
        names = templates.variables(parts["body"])
        for index, button in enumerate(parts["buttons"]):
            if templates.variables(button["url"]):
                names.append(f"url:{index}")
        return names

    @api.depends("body", "button_url", "button_url_text", "button_reply_texts")
    def _compute_parameter_ids(self):
        for template in self:
            names = template._get_variables()
            known = template.parameter_ids.mapped("name")
            gone = template.parameter_ids.filtered(lambda row, names=names: row.name not in names)
            template.parameter_ids = [
                *(Command.delete(row.id) for row in gone),
                *(Command.create({"name": name}) for name in names if name not in known),
            ]

    @api.depends(
        "header_kind", "header", "body", "footer", "button_url_text", "button_url",
        "button_reply_texts", "parameter_ids.sample", "parameter_ids.fixed",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_preview(self):
        for template in self:
            rows = template.parameter_ids
            values = {row.name: row.sample for row in rows if row.sample}
            values |= {row.name: row.fixed for row in rows if row.source == "fixed" and row.fixed}
            template.preview = template._draw(values)

    def _draw(self, values):
        """Return the message as it looks on a phone."""
        parts = self._get_parts()
        texts = {name: templates.clean_value(value) for name, value in values.items()}
        return self.env["ir.qweb"]._render(
            "collections_whatsapp.phone_preview",
            {
                "header": parts["header"] if parts["header_kind"] == "text" else "",
                "document": parts["header_kind"] == "document",
                "body": to_html(templates.fill(parts["body"], texts)),
                "footer": parts["footer"],
                "buttons": parts["buttons"],
            },
        )

    @api.depends("status", "stopped_reason", "active")
    def _compute_is_usable(self):
        for template in self:
            template.is_usable = (
                template.active and template.status == "APPROVED" and not template.stopped_reason
            )

    def _search_is_usable(self, operator, value):
        if operator != "in":
            return NotImplemented
        usable = [("status", "=", "APPROVED"), ("stopped_reason", "in", [False, ""])]
        domain = fields.Domain(usable)
        return domain if True in value else ~domain

    @api.constrains("name", "language")
    def _check_name(self):
        for template in self:
            if not templates.NAME.fullmatch(template.name):
                raise ValidationError(
                    self.env._(
                        "%(name)s: a template's name has small letters, digits and _ only.",
                        name=template.name,
                    )
                )

    # -- sending ---------------------------------------------------------------------------------

    def _get_values(self, contact):
        """Return ``{variable: text}`` of a contact, in the language of the template."""
        local = contact.with_context(lang=self._get_odoo_lang())
        return {row.name: row._get_value(local) for row in self.parameter_ids}

    def _check_links(self, parts, values):
        """:raise UserError: when a button would open nothing, or an address of another system"""
        links = self.parameter_ids.filtered(lambda row: row.source == "pay_url")
        if not all(values[row.name] for row in links):
            raise UserError(
                self.env._(
                    "WhatsApp template %(template)s shows a pay link, and there is no page to pay"
                    " on: install Collections Portal or choose another template.",
                    template=self.display_name,
                )
            )
        if foreign := templates.find_foreign(parts, values):
            raise UserError(
                self.env._(
                    "The button of WhatsApp template %(template)s opens %(fixed)s, and the page is"
                    " at %(address)s: submit a template with the right address.",
                    template=self.display_name,
                    fixed=foreign[0],
                    address=foreign[1],
                )
            )

    def _get_odoo_lang(self):
        code = self.language.replace("-", "_")
        installed = [lang for lang, _name in self.env["res.lang"].get_installed()]
        for lang in installed:
            if lang == code:
                return lang
        for lang in installed:
            if lang.split("_")[0] == code.split("_")[0]:
                return lang
        return get_lang(self.env).code

    def _get_missing(self):
        """Return the variables that say nothing yet."""
        return self.parameter_ids.filtered(
            lambda row: not row.source or (row.source == "fixed" and not row.fixed)
        )

    def _get_obstacle(self):
        """Return why nothing can leave with this template, or an empty string."""
        self.ensure_one()
        if self.stopped_reason:
            return self.env._(
                "Template %(name)s is stopped: %(reason)s",
                name=self.display_name,
                reason=self.stopped_reason,
            )
        if not self.is_usable:
            words = dict(self._fields["status"]._description_selection(self.env))
            return self.env._(
                "Template %(name)s is not approved: %(status)s",
                name=self.display_name,
                status=words[self.status],
            )
        if missing := self._get_missing():
            return self.env._(
                "Template %(name)s does not say what its variable %(variable)s tells.",
                name=self.display_name,
                variable=missing[0].name,
            )
        return ""

    def _note_fault(self, fault):
        """Stop, as a refusal of a message asks for."""
        if fault.kind == "gone":
            self.sudo().status = "gone"
        self._stop(fault.message)

    def _check_again(self):
        """Fetch the templates of an account again when WhatsApp told of one of these too long ago.

        An account that cannot be asked stays as it is: sending will tell.
        """
        now = fields.Datetime.now()
        stale = self.filtered(
            lambda template: (
                template.external_id
                and template.is_usable
                and (template.checked_on or datetime.min)
                <= now - timedelta(hours=template.account_id.recheck_hours)
            )
        )
        for account in stale.sudo().account_id:
            with suppress(*CONFLICTS), self.env.cr.savepoint():  # another worker asks just now
                self._sync(account)

    def _note_state(self, row):
        """Take what WhatsApp says of a template now; one that is worse than before stops."""
        values = self._read_state(row)
        category, was = values.pop("category", None), self.status
        self.write({**values, "checked_on": fields.Datetime.now()})
        self._set_category(category)
        if was == "APPROVED" and self.status in BAD:
            words = dict(self._fields["status"]._description_selection(self.env))
            self._stop(str(row.get("rejected_reason") or "") or words[self.status])

    def _stop(self, reason):
        """Send nothing more with these templates, and tell a person once."""
        for template in self.sudo():
            if template.stopped_reason:
                continue
            template.stopped_reason = reason
            for user in template.company_id._get_collections_managers():
                template.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Template stopped: %(name)s", name=template.display_name),
                    note=reason,
                    user_id=user.id,
                )

    # -- what a person does ----------------------------------------------------------------------

    def action_resume(self):
        """Use a stopped template again: a person has looked."""
        self.check_access("write")
        self.sudo().stopped_reason = False
        self.sudo().activity_ids.action_done()
        self.env.ref("collections_management.collections_run_cron_deliver").sudo()._trigger()
        return True

    def action_stop(self):
        """Use a template no more."""
        self.check_access("write")
        self.stopped_reason = self.env._("By %(user)s", user=self.env.user.name)
        return True

    def action_unpause(self):
        """Ask WhatsApp to let a paused template go on."""
        self.ensure_one()
        self.check_access("write")
        with self.account_id._connect() as graph:
            reply = graph.call("POST", f"{self.external_id}/unpause")
        if reply.fault:
            raise UserError(reply.fault.message)
        self.status = "APPROVED"
        return self.action_resume()

    def action_submit(self):
        """Submit a draft for WhatsApp's approval."""
        self.ensure_one()
        self.check_access("write")
        if self.status not in DRAFT:
            raise UserError(self.env._("Only a draft or a rejected template is submitted."))
        self._check_submittable()
        components = templates.to_submit(self._get_parts())
        named = templates.is_named(templates.variables(self.body))
        body = {
            "category": self.category_submitted.upper(),
            "components": components,
        }
        path = self.external_id or f"{self.account_id.waba_id}/message_templates"
        if not self.external_id:
            body |= {
                "name": self.name,
                "language": self.language,
                "parameter_format": "NAMED" if named else "POSITIONAL",
                "message_send_ttl_seconds": self.account_id.ttl_hours * 3600,
            }
        with self.account_id._connect() as graph:
            reply = graph.call("POST", path, json=body)
        if reply.fault:
            self.account_id._note_fault(reply.fault)
            raise UserError(reply.fault.message)
        self.write(
            {
                "external_id": str(reply.data.get("id") or self.external_id or ""),
                "status_detail": False,
                **self._read_state(reply.data, default="PENDING"),
            }
        )
        return True

    def _check_submittable(self):
        """:raise UserError: saying what WhatsApp would refuse"""
        parts = self._get_parts()
        if parts["header_kind"] == "document":
            raise UserError(
                self.env._(
                    "WhatsApp takes a template with a document only in its own manager: create it "
                    "there, then press Fetch Templates on the account."
                )
            )
        if rows := self.parameter_ids.filtered(lambda row: not row.sample):
            raise UserError(self.env._("Give an example for variable %(name)s.", name=rows[0].name))
        fault = templates.find_fault(
            parts["body"], parts["header"], parts["footer"], parts["buttons"]
        )
        if fault:
            word, piece = fault
            raise UserError(f"{self._get_fault_sentences()[word]} {piece}".strip())

    def _get_fault_sentences(self):
        """Return ``{what WhatsApp refuses: sentence}``."""
        return {
            "empty": self.env._("The text is empty."),
            "long": self.env._("A text is too long for WhatsApp:"),
            "edge": self.env._("The text may not begin or end with a variable:"),
            "side_by_side": self.env._("Two variables need words between them:"),
            "many": self.env._("The text has too few words for its variables:"),
            "numbering": self.env._("Variables are numbered 1, 2, 3 in their order:"),
            "footer": self.env._("The footer has no variables:"),
            "buttons": self.env._("WhatsApp allows 10 buttons, 2 of them with a link:"),
            "label": self.env._("A button says something, in 25 letters at most:"),
            "url": self.env._("An address begins with https:// and may end with {{1}}:"),
        }

    # -- what WhatsApp tells ---------------------------------------------------------------------

    @api.model
    def _sync(self, account):
        """Fetch every page of the templates of an account.

        :return: ``(how many, the Fault that ended it or None)``
        """
        params, count, seen = {"fields": FIELDS, "limit": PAGE}, 0, set()
        with account._connect() as graph:
            for _page in range(PAGES):
                reply = graph.call("GET", f"{account.waba_id}/message_templates", params=params)
                if reply.fault:
                    account._note_fault(reply.fault)
                    return count, reply.fault
                rows = [row for row in reply.data.get("data") or [] if isinstance(row, dict)]
                seen |= set(self._take(account, rows).ids)
                count += len(rows)
                paging = reply.data.get("paging") or {}
                after = (paging.get("cursors") or {}).get("after")
                if not after or not paging.get("next"):
                    break
                params = {**params, "after": after}
        gone = self.sudo().search(
            [("account_id", "=", account.id), ("external_id", "!=", False), ("id", "not in", seen)]
        )
        gone.status = "gone"
        gone._stop(self.env._("It does not exist at WhatsApp any more."))
        return count, None

    @api.model
    def _take(self, account, rows):
        """Write templates as WhatsApp tells them, and return them."""
        known = {
            (template.name, template.language): template
            for template in self.sudo().search([("account_id", "=", account.id)])
        }
        taken = self.browse()
        for row in rows:
            name, language = str(row.get("name")), str(row.get("language"))
            parts = templates.read_components(row.get("components"))
            values = {
                "external_id": str(row.get("id") or ""),
                "status_detail": row.get("rejected_reason"),
                "quality": (row.get("quality_score") or {}).get("score"),
                **self._prepare_texts(parts),
            }
            template = known.get((name, language))
            if template:
                template.write(values)
                template._note_state(row)
            else:
                template = self.sudo().create(
                    {
                        "account_id": account.id,
                        "name": name,
                        "language": language,
                        "checked_on": fields.Datetime.now(),
                        **values,
                        **self._read_state(row),
                    }
                )
                known[name, language] = template
            for parameter in template.parameter_ids:
                parameter.sample = parameter.sample or parts["samples"].get(parameter.name)
            taken |= template
        return taken

    @api.model
    def _read_state(self, row, default="other"):
        """Return the values of status and category that an answer tells."""
        status = str(row.get("status") or default).upper()
        category = str(row.get("category") or "").lower()
        status = status if status in dict(self._fields["status"].selection) else default
        known = category in dict(self._fields["category"].selection)
        return {"status": status} | ({"category": category} if known else {})

    def _prepare_texts(self, parts):
        links = [button for button in parts["buttons"] if button["type"] == "url"][:1]
        replies = [button["text"] for button in parts["buttons"] if button["type"] == "reply"]
        kind = parts["header_kind"]
        return {
            "header_kind": kind if kind in ("text", "document") else False,
            "header": parts["header"],
            "body": parts["body"] or "-",
            "footer": parts["footer"],
            "button_url_text": links[0]["text"] if links else False,
            "button_url": links[0]["url"] if links else False,
            "button_reply_texts": ", ".join(replies),
        }

    @api.model
    def _receive_news(self, accounts, kind, data):
        """Take a change of status, quality or category of a template of some accounts."""
        template = self.sudo().search(
            [
                ("account_id", "in", accounts.ids),
                ("external_id", "=", str(data.get("message_template_id") or "")),
            ],
            limit=1,
        )
        if not template:
            return
        if kind == "template_status":
            reason = data.get("reason") or data.get("other_info") or data.get("event")
            template.status_detail = str(reason or "")
            template.write(self._read_state({"status": data.get("event")}))
            if template.status in ("PAUSED", "DISABLED", "REJECTED"):
                template._stop(str(reason or template.status))
        elif kind == "template_quality":
            template.quality = str(data.get("new_quality_score") or "")
        elif kind == "template_category":
            template._set_category(str(data.get("new_category") or "").lower())

    def _set_category(self, category):
        """Note what WhatsApp charges a template as; one that came to cost more than what it was
        submitted as stops. Marketing also reaches only who wants to be sold something."""
        words = dict(self._fields["category"]._description_selection(self.env))
        if category not in words:
            return
        for template in self:
            changed = template.category != category
            template.category = category
            if changed and COSTS.index(category) > COSTS.index(template.category_submitted):
                template._stop(
                    self.env._(
                        "WhatsApp charges it as %(category)s now; it was submitted as "
                        "%(submitted)s.",
                        category=words[category],
                        submitted=words[template.category_submitted],
                    )
                )


def to_html(text):
    """Return a text of WhatsApp as HTML: *bold*, _italic_ and lines."""
    result = str(escape(text))
    result = templates.BOLD.sub(r"<b>\1</b>", result)
    result = templates.ITALIC.sub(r"<i>\1</i>", result)
    return Markup(result.replace("\n", "<br/>"))  # noqa: S704  (escaped above)
