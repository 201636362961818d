import logging
from datetime import timezone
from zoneinfo import ZoneInfo

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.misc import hash_sign, verify_hash_signed

_logger = logging.getLogger(__name__)
SCOPE = "collections.forewarning"
TOKEN_HOURS = 48


class CollectionsForewarning(models.AbstractModel):
    """The e-mail that tells managers beforehand what the next run will send, with a link that
    holds the night back.

    The link opens a page with one button: programs that read mail follow links, and a page that is
    only opened must change nothing.
    """

    _name = "collections.forewarning"
    _description = "Forewarning of a Run"

    @api.model
    def _cron_forewarn(self):
        """Write to the managers of every company whose hour has come, once a day."""
        companies = self.env["res.company"].search(
            [("collections_active", "=", True), ("collections_forewarn", "=", True)]
        )
        commit = self.env["ir.cron"]._commit_progress
        for company in companies.filtered(self._is_time):
            company.collections_forewarned_on = self._get_local_time(company).date()
            self._forewarn(company)
            commit(1)

    def _get_local_time(self, company):
        """Return the moment it is where the company is."""
        zone = company._get_collections_zone()
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        return now.astimezone(ZoneInfo(zone))

    def _is_time(self, company):
        now = self._get_local_time(company)
        hour = now.hour + now.minute / 60
        return (
            company.collections_forewarned_on != now.date()
            and hour >= company.collections_forewarn_hour
        )

    def _get_next_night(self, company):
        """Return the day the next nightly run decides for, in the company's calendar."""
        cron = self.env.ref("collections_management.collections_run_cron").sudo()
        moment = max(cron.nextcall, fields.Datetime.now())
        zone = company._get_collections_zone()
        return moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).date()

    def _forewarn(self, company):
        """Preview the next night and tell the managers; silence when nothing would go out."""
        day = self._get_next_night(company)
        preview = self.env["collections.preview"]._create_for(company, day, first_night=day)
        if not preview.go_count:
            return self.env["mail.mail"]
        mails = self.env["mail.mail"]
        for user in self._get_managers(company):
            mails |= self._write_to(user, preview.with_context(lang=user.lang))
        mails.send()
        return mails

    def _get_managers(self, company):
        """Extension point: who is forewarned."""
        group = self.env.ref("collections_management.collections_management_group_manager")
        return group.sudo().all_user_ids.filtered(
            lambda user: user.active and user.email and company in user.company_ids
        )

    def _write_to(self, user, preview):
        company = preview.company_id
        token = self._sign(company, user, preview.date)
        body = preview.env["ir.qweb"]._render(
            "collections_management.forewarning_mail",
            {
                "preview": preview,
                "user": user,
                "rows": preview.go_rows,
                "silent": preview.stay_rows,
                "day": format_date(preview.env, preview.date),
                "url": f"{company.get_base_url()}/collections/night/{token}",
                "hours": TOKEN_HOURS,
            },
            lang=user.lang,
            minimal_qcontext=True,
        )
        return self.env["mail.mail"].create(
            {
                "subject": preview.env._(
                    "%(company)s: %(count)s contacts go out on %(day)s",
                    company=company.name,
                    count=preview.go_count,
                    day=format_date(preview.env, preview.date),
                ),
                "body_html": Markup(body),  # noqa: S704  (QWeb made it)
                "email_from": self.env["collections.contact"]._get_sender(company)
                or user.email_formatted,
                "email_to": user.email_formatted,
                "auto_delete": True,
            }
        )

    # -- the link --------------------------------------------------------------------------------

    def _sign(self, company, user, day):
        """Return the token of a link: company, manager and night, signed."""
        values = [company.id, user.id, fields.Date.to_string(day)]
        return hash_sign(self.env(su=True), SCOPE, values, expiration_hours=TOKEN_HOURS)

    @api.model
    def _read_token(self, token):
        """Return ``(company, user, day)`` of a link, or None: forged, too old, or its owner is no
        manager of the company any more."""
        try:
            values = verify_hash_signed(self.env(su=True), SCOPE, token)
        except (ValueError, OverflowError):
            return None
        if not values:
            return None
        company_id, user_id, day = values
        company = self.env["res.company"].sudo().browse(company_id).exists()
        user = self.env["res.users"].sudo().browse(user_id).exists()
        if not company or user not in self._get_managers(company):
            return None
        return company, user, fields.Date.to_date(day)

    @api.model
    def _hold_night(self, company, user, day):
        """Hold a night back: its run will wait, and what a run of that day still has is held.

        :return: the number of contacts held now
        """
        held = company.collections_hold_night
        company.collections_hold_night = max(held, day) if held else day  # an old link frees none
        contacts = self.env["collections.contact"].search(
            [
                ("company_id", "=", company.id),
                ("run_id.date", "=", day),
                ("state", "in", ("queued", "awaiting")),
                ("channel_id.is_manual", "=", False),
            ]
        )
        contacts.with_user(user).with_company(company).action_hold()
        _logger.info("night %s of company %s held back by user %s", day, company.id, user.id)
        return len(contacts)

    @api.model
    def _release_night(self, company, day):
        """Take the holding back of a night back, as long as its run has not come."""
        if company.collections_hold_night == day:
            company.collections_hold_night = False
