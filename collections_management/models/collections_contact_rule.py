from datetime import timezone
from typing import NamedTuple

import babel.dates
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare, format_date, format_datetime, get_lang
from odoo.tools.misc import babel_locale_parse

from ..engine import calendar, places, public_holidays


class Place(NamedTuple):
    """Where a partner is, and what it is, as the rules see it; codes are None when unknown."""

    country_id: int | None
    country: str | None
    state_id: int | None
    state: str | None
    tz: str | None
    is_company: bool
    actor: str | None = None  # of a company: whose debts it collects


class CollectionsContactRule(models.Model):
    """When, how often and through what a debtor may be contacted, and who says so.

    The first rule by sequence that fits a debtor decides alone, so that every verdict names one
    rule. A debtor without a country is treated as one of the company's country.
    """

    _name = "collections.contact.rule"
    _description = "Contact Rule"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(
        default=10, help="The first rule that fits decides: specific rules go before general ones."
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Of the debtor. Empty: every country."
    )
    state_ids = fields.Many2many(
        "res.country.state",
        string="States",
        domain="[('country_id', 'in', country_ids)]",
        help="Of the debtor. Empty: the whole country.",
    )
    partner_kind = fields.Selection(
        [("any", "Everybody"), ("company", "Companies"), ("person", "Persons")],
        "Debtors",
        default="any",
        required=True,
        help="Whoever is no company counts as a person, also one who trades under their own name.",
    )
    actor = fields.Selection(
        [
            ("any", "Whoever collects"),
            ("own", "Who collects their own debts"),
            ("others", "Who collects the debts of others"),
        ],
        "Binds",
        default="any",
        required=True,
        tracking=True,
        help="Some laws bind collection agencies only. What your company is, its settings say.",
    )
    window_ids = fields.One2many(
        "collections.contact.window", "rule_id", "Contact Hours", copy=True
    )
    cap_ids = fields.One2many("collections.contact.cap", "rule_id", "Limits", copy=True)
    holidays_ok = fields.Boolean(
        "Also on Holidays", tracking=True, help="Public holidays of the debtor's country and state."
    )
    spacing_hours = fields.Float(
        "Hours Between Contacts", tracking=True, help="Between two attempts by any channel."
    )
    one_channel_per_week = fields.Boolean(
        "One Channel a Week",
        tracking=True,
        help="After a contact that reached the debtor, no other channel for seven days.",
    )
    consent = fields.Selection(
        [
            ("none", "Unless the debtor withdrew it"),
            ("authorised", "Only channels that the debtor authorised"),
            ("opt_in", "Only channels that the debtor authorised, with proof"),
        ],
        "Channels Used",
        default="none",
        required=True,
        tracking=True,
        help="A channel that the debtor withdrew is never used, whatever the rule says.",
    )
    consent_scope = fields.Selection(
        [("all", "Every channel"), ("phone", "Those that use a phone number")],
        "Consent Is Needed For",
        default="all",
        required=True,
        tracking=True,
    )
    retention_years = fields.Integer(
        "Proof Kept, Years",
        tracking=True,
        help="How long the law has the proof of contacts kept. 0: it names no period.",
    )
    statement_ids = fields.Many2many("collections.contact.statement", string="Duties", copy=True)
    kind = fields.Selection(
        [("law", "Law"), ("policy", "Own policy")], default="policy", required=True, tracking=True
    )
    citation = fields.Char(translate=True, help="The law and article, or who decided the policy.")
    source_url = fields.Char("Source")
    checked_on = fields.Date("Last Checked", help="When somebody last read the source.")
    confidence = fields.Selection(
        [("high", "Verified"), ("medium", "To be confirmed"), ("low", "Not verified")],
        default="low",
        required=True,
    )
    note = fields.Text(translate=True)
    summary = fields.Char(compute="_compute_summary")

    _spacing_in_month = models.Constraint(
        "CHECK (spacing_hours BETWEEN 0 AND 744)",
        "The hours between two contacts lie between zero and 744, a month.",
    )

    _retention_positive = models.Constraint(
        "CHECK (retention_years >= 0)", "The years that proof is kept cannot be negative."
    )

    @api.depends(
        "window_ids", "window_ids.hour_from", "window_ids.hour_to", "window_ids.monday",
        "window_ids.tuesday", "window_ids.wednesday", "window_ids.thursday", "window_ids.friday",
        "window_ids.saturday", "window_ids.sunday", "cap_ids", "cap_ids.limit", "cap_ids.days",
        "cap_ids.medium", "cap_ids.channel_ids", "holidays_ok", "spacing_hours",
        "one_channel_per_week", "consent", "consent_scope",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_summary(self):
        for rule in self:
            rule.summary = "; ".join(rule._get_sentences())

    @api.constrains("name", "window_ids")
    def _check_windows(self):
        for rule in self:
            if not rule.window_ids:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s needs contact hours: without any, nobody could ever be "
                        "contacted.",
                        rule=rule.name,
                    )
                )

    @api.constrains("kind", "citation")
    def _check_citation(self):
        for rule in self:
            if rule.kind == "law" and not rule.citation:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s: name the law and article it follows.", rule=rule.name
                    )
                )

    @api.constrains("state_ids", "country_ids")
    def _check_states(self):
        for rule in self:
            foreign = rule.state_ids - rule.country_ids.state_ids
            if foreign:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s: %(states)s do not belong to the countries of the rule.",
                        rule=rule.name,
                        states=", ".join(foreign.mapped("display_name")),
                    )
                )

    def action_try(self):
        """Open the box that tells when a debtor of choice may be contacted."""
        return self.env["ir.actions.actions"]._for_xml_id(
            "collections_management.collections_contact_rule_try_action"
        )

    @api.model
    def _cron_remind(self):
        """Once a year, ask a manager to read again the source of each rule that is in use."""
        year_ago = fields.Date.today() - relativedelta(years=1)
        used = self.env["collections.contact"]._read_group(
            [("rule_id", "!=", False), ("planned_on", ">=", year_ago)], ["rule_id"]
        )
        rules = self.browse(rule.id for [rule] in used).filtered(
            lambda rule: rule.active and (not rule.checked_on or rule.checked_on < year_ago)
        )
        summary = self.env._("Read the source of this contact rule again")
        for rule in rules.filtered(lambda rule: not rule.activity_ids):
            if user := rule._get_reader():
                rule.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=summary,
                    note=" · ".join(filter(None, (rule.citation, rule.source_url))),
                    user_id=user.id,
                )

    def _get_reader(self):
        """Return who reads the law anew: a manager of the rule's company, else of any."""
        self.ensure_one()
        companies = self.company_id or self.env["res.company"].search(
            [("collections_active", "=", True)]
        )
        return next(filter(None, (one._get_collections_managers()[:1] for one in companies)), None)

    # What the planner asks. All of it set-based: queries per call, not per record.

    @api.model
    def _get_verdicts(self, cases, channel_codes, moment, history=None):
        """Return when each case may be contacted, and why not earlier.

        :param cases: recordset of collections.case
        :param channel_codes: {case id: collections.channel code}
        :param moment: naive UTC datetime from which on the contact is wanted
        :param history: {case id: [calendar.Past]}, contacts that count; cases may be missing
        :return: {case id: calendar.Verdict}
        """
        pairs = self._get_pairs(cases)
        return self._get_pair_verdicts(pairs, channel_codes, moment, history)

    @api.model
    def _match(self, cases):
        """Return {case id: the rule that decides for it, maybe empty}."""
        return self._match_pairs(self._get_pairs(cases))

    @api.model
    def _get_pairs(self, cases):
        """Return {case id: (company id, partner id)}."""
        return {case.id: (case.company_id.id, case.partner_id.id) for case in cases}

    @api.model
    def _get_pair_verdicts(self, pairs, channel_codes, moment, history=None, located=None):
        """Return {key: calendar.Verdict}; `pairs` is {key: (company id, partner id)}.

        `located` saves asking again: what `_get_located` said of these pairs, maybe among others.

        Cases alike in rule, place and channel that were never contacted share one verdict.
        """
        history = history or {}
        moment = moment.replace(tzinfo=timezone.utc)
        located = located or self._get_located(pairs)
        rules = self._get_candidates({company_id for company_id, _place, _home in located.values()})
        engine_rules = {rule.id: rule._to_engine() for rule, _test in rules}
        settings, known, verdicts = {}, {}, {}
        for key in pairs:
            where = located[key]
            if where not in settings:
                rule = self._choose(rules, where)
                settings[where] = (
                    engine_rules.get(rule.id),
                    self._choose_zones(where, moment.year),
                    self._choose_checker(where),
                )
            rule, zones, is_holiday = settings[where]
            channel, past = channel_codes[key], history.get(key)
            alike = (where, channel)
            if not past and alike in known:
                verdicts[key] = known[alike]
                continue
            verdict = calendar.earliest_allowed(
                rule, moment, channel, zones, is_holiday, past or ()
            )
            verdicts[key] = verdict
            if not past:
                known[alike] = verdict
        return verdicts

    @api.model
    def _match_pairs(self, pairs, located=None):
        """Return {key: rule}; arguments as in `_get_pair_verdicts`."""
        located = located or self._get_located(pairs)
        rules = self._get_candidates({company_id for company_id, _place, _home in located.values()})
        chosen = {where: self._choose(rules, where) for where in set(located.values())}
        return {key: chosen[located[key]] for key in pairs}

    @api.model
    def _get_zones(self, partners):
        """Return {partner id: names of every zone the partner may be in}."""
        year = fields.Date.today().year
        pairs = {
            partner.id: (partner.company_id.id or self.env.company.id, partner.id)
            for partner in partners
        }
        return {
            key: self._choose_zones(where, year) for key, where in self._get_located(pairs).items()
        }

    @api.model
    def _get_holiday_checker(self, company, partner):
        """Return a function date -> name of the partner's public holiday or None."""
        located = self._get_located({partner.id: (company.id, partner.id)})
        return self._choose_checker(located[partner.id])

    def _explain(self, verdict):
        """Return a verdict as a sentence in the user's language.

        :param verdict: calendar.Verdict
        """
        why = ", ".join(self._get_reason(code, data) for code, data in verdict.reasons)
        if not verdict.rule:
            return self.env._("No contact rule applies: allowed at once.")
        values = {"rule": verdict.rule, "why": why}
        if verdict.moment is None:
            return self.env._("Rule “%(rule)s”: not allowed: %(why)s.", **values)
        zone = verdict.zones[0] if verdict.zones else "UTC"
        moment = verdict.moment.astimezone(timezone.utc).replace(tzinfo=None)
        values["moment"] = format_datetime(self.env, moment, zone, "EEE d MMM y HH:mm")
        values["zone"] = zone
        if not verdict.reasons:
            return self.env._("Rule “%(rule)s”: allowed on %(moment)s (%(zone)s).", **values)
        return self.env._("Rule “%(rule)s”: held until %(moment)s (%(zone)s): %(why)s.", **values)

    # Extension points and steps of the above.

    @api.model
    def _get_reason(self, code, data):
        """Return one reason of a verdict in words. Codes: see engine/calendar.py."""
        return self._get_reason_sentences().get(code, lambda _data: code)(data)

    @api.model
    def _get_reason_sentences(self):
        """Extension point: {reason code: function of its data -> words}."""
        return {
            "outside_hours": lambda data: self.env._("outside contact hours in %(zone)s", **data),
            "weekday": lambda data: self.env._(
                "no contact on %(day)s", day=self._get_day_names("wide")[data["weekday"] - 1]
            ),
            "holiday": lambda data: self.env._(
                "holiday on %(date)s (%(name)s)",
                date=format_date(self.env, data["date"]),
                name=data["name"],
            ),
            "cap": lambda data: self.env._("limit of %(limit)s in %(days)s days reached", **data),
            "spacing": lambda data: self.env._(
                "%(hours)s hours between contacts", hours=f"{data['hours']:g}"
            ),
            "other_channel_this_week": lambda data: self.env._(
                "reached through %(channel)s in the same week", **data
            ),
            "never": lambda data: self.env._(
                "no allowed moment in the next %(days)s days; check the debtor's time zone and "
                "the limits of the rule",
                **data,
            ),
        }

    @api.model
    def _get_places(self, partner_ids):
        """Return {partner id: Place}, in one query."""
        self.env["res.partner"].flush_model(["country_id", "state_id", "tz", "is_company"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, partner.country_id, country.code, state.id, state.code,
                       partner.tz, COALESCE(partner.is_company, FALSE)
                  FROM res_partner partner
             LEFT JOIN res_country country ON country.id = partner.country_id
             LEFT JOIN res_country_state state
                    ON state.id = partner.state_id AND state.country_id = partner.country_id
                 WHERE partner.id = ANY(%s)
                """,
                list(partner_ids),
            )
        )
        return {partner_id: Place(*values) for partner_id, *values in rows}

    @api.model
    def _get_located(self, pairs):
        """Return {key: (company id, Place of the partner, Place of the company)}."""
        companies = self.env["res.company"].browse({company_id for company_id, _ in pairs.values()})
        home_ids = {company.id: company.partner_id.id for company in companies.sudo()}
        found = self._get_places(
            {partner_id for _, partner_id in pairs.values()} | {*home_ids.values()}
        )
        actors = {company.id: company.collections_actor for company in companies.sudo()}
        homes = {
            company_id: found[home_id]._replace(actor=actors[company_id])
            for company_id, home_id in home_ids.items()
        }
        return {
            key: (company_id, found[partner_id], homes[company_id])
            for key, (company_id, partner_id) in pairs.items()
        }

    @api.model
    def _get_candidates(self, company_ids):
        """Return [(rule, test of (company id, place, home))], in the order they are tried."""
        rules = self.sudo().search([("company_id", "in", [False, *company_ids])])
        return [(rule.sudo(self.env.su), rule._get_test()) for rule in rules]

    def _get_test(self):
        """Extension point: return a function (company id, Place, Place of the company) -> bool."""
        self.ensure_one()
        company_id, kind, actor = self.company_id.id, self.partner_kind, self.actor
        countries, states = set(self.country_ids.ids), set(self.state_ids.ids)

        def fits(case_company_id, place, home):
            return (
                company_id in (False, case_company_id)
                and kind in ("any", "company" if place.is_company else "person")
                and actor in ("any", home.actor)
                and (not countries or (place.country_id or home.country_id) in countries)
                and (not states or place.state_id in states)
            )

        return fits

    @api.model
    def _choose(self, candidates, where):
        """Return the first rule that fits, or no rule."""
        return next((rule for rule, fits in candidates if fits(*where)), self.browse())

    @api.model
    def _choose_zones(self, where, year):
        """Return the zones of a debtor, else those of its company, else UTC.

        Odoo fills a partner's zone with that of the user who created it: it counts only when it
        is one of the zones of the partner's own country and state.
        """
        _company_id, place, home = where
        zones = self._get_own_zones(place, year) or self._get_own_zones(home, year)
        if not zones and home.tz and places.is_zone(home.tz):
            zones = (home.tz,)
        return zones or ("UTC",)

    @api.model
    def _get_own_zones(self, place, year):
        if place.tz in places.get_possible_zones(place.country, place.state):
            return (place.tz,)
        return places.get_zones(place.country, place.state, year)

    @api.model
    def _choose_checker(self, where):
        """Extension point: return the function date -> name of a holiday or None."""
        _company_id, place, home = where
        place = place if place.country else home
        region = places.get_region(place.country, place.state)
        return public_holidays.get_checker(place.country, region, self.env.lang)

    def _to_engine(self):
        """Return the rule for the engine, its name in the user's language."""
        self.ensure_one()
        return calendar.Rule(
            name=self.name,
            windows=self.window_ids._to_engine(),
            holidays_ok=self.holidays_ok,
            caps=self.cap_ids._to_engine(),
            spacing_hours=self.spacing_hours,
            one_channel_per_week=self.one_channel_per_week,
        )

    def _get_sentences(self):
        """Extension point: the parts of the summary of a rule."""
        self.ensure_one()
        parts = [self._get_hours_sentence(window) for window in self.window_ids]
        if not self.holidays_ok:
            parts.append(self.env._("not on holidays"))
        parts += [cap._get_sentence() for cap in self.cap_ids]
        if float_compare(self.spacing_hours, 0, 2) > 0:
            parts.append(
                self.env._("%(hours)s hours between contacts", hours=f"{self.spacing_hours:g}")
            )
        if self.one_channel_per_week:
            parts.append(self.env._("one channel a week"))
        if self.consent != "none":
            phone = self.consent_scope == "phone"
            parts.append(
                self.env._("calls and texts only to phones that the debtor authorised")
                if phone
                else self.env._("only channels that the debtor authorised")
            )
        return parts

    def _get_hours_sentence(self, window):
        """Return for instance "Mon-Fri 09:00-18:00"."""
        names, groups = self._get_day_names("abbreviated"), []
        for day in sorted(window._get_weekdays()):
            if groups and groups[-1][-1] == day - 1:
                groups[-1].append(day)
            else:
                groups.append([day])
        days = ", ".join(
            names[group[0] - 1] + (f"-{names[group[-1] - 1]}" if len(group) > 1 else "")
            for group in groups
        )
        hours = [divmod(round(hour * 60), 60) for hour in (window.hour_from, window.hour_to)]
        return f"{days} " + "-".join(f"{hour:02}:{minute:02}" for hour, minute in hours)

    def _get_day_names(self, width):
        """Return seven names from Monday on, in the user's language."""
        names = babel.dates.get_day_names(width, locale=babel_locale_parse(get_lang(self.env).code))
        return [names[number] for number in range(7)]
