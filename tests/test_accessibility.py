"""Our screens by the rules of WCAG 2.1 A and AA, on a desk and on a phone."""

import json
import tempfile

from odoo.tests import HttpCase, tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon

from tools.house import node, paths
from tools.house.errors import HouseError
from tools.screenshots.browser import Browser

ADDON = "collections_management"
SIZES = {1400: 900, 390: 844}
# What a person looks at; the rest of the page is Odoo's menu.
AREAS = [".o_action_manager", ".o_dialog", ".o_collections_safe_mode", "#wrapwrap"]
# What Odoo's own views do on every screen, ours or not: (rule, selector of the element).
ODOOS_OWN = (
    ("aria-allowed-attr", ".o_searchview, .o_searchview *, .o-autocomplete--input, .o_tag"),
    ("aria-allowed-attr", ".o-dropdown"),
    ("aria-command-name", ".o_searchview_facet_label"),
    ("aria-prohibited-attr", ".o-mail-Message *"),
    ("aria-required-parent", ".o_searchview_facet, .nav-link[role=tab], .tab[role=tab]"),
    ("autocomplete-valid", ".o_select_menu_input"),
    ("button-name", ".o_optional_columns_dropdown button, .o-dropdown, .btn-light"),
    ("button-name", ".o_control_panel_navigation > button"),
    ("frame-title", "iframe.o_readonly"),  # the sandboxed preview of an HTML field
    ("image-alt", ".o-mail-Avatar img, .o-mail-Message img"),
    ("label", ".form-check-input"),
    ("scrollable-region-focusable", ".o-mail-Thread"),
    ("role-img-alt", ".o_searchview i, .oi-search, .fa-user-o, .fa-clock-o, .fa-filter"),
    # The theme's grey of what matters less (4.3:1), and its badges; our components are darker.
    ("color-contrast", ".o_form_label"),  # of a phone
    ("color-contrast", ".text-muted, .text-muted *, .text-bg-success, .o-mail-Message *"),
)
CHECK = """
(async () => {
    const areas = %(areas)s.filter((area) => document.querySelector(area));
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
    const options = { runOnly, iframes: false, resultTypes: ["violations"], elementRef: true };
    const { violations } = await axe.run({ include: areas }, options);
    const own = %(own)s;
    const isOwn = (rule, element) =>
        own.some(([name, selector]) => name === rule && element.matches(selector));
    return violations.flatMap(({ id, nodes }) =>
        nodes
            .filter(({ element }) => !isOwn(id, element))
            .map(({ element, target, failureSummary }) =>
                [id, target.join(" "), element.outerHTML.slice(0, 300), failureSummary].join(" | ")
            )
    );
})()
"""
# What a thumb presses: our own buttons, which no theme makes larger.
SMALL = """
[...document.querySelectorAll(
    ":is(.o_collections_history, .o_collections_tally, .o_collections_message,"
    + " .o_collections_safe_mode, .o_collections_health_line) :is(button, summary, a.btn),"
    + " .o_collections_report > * > .btn"
)]
    .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 43.5)
    .map((element) => element.outerHTML.slice(0, 200))
"""


def action(name):
    return f"{ADDON}.{name}"


def form(record):
    """The action that opens a record."""
    return {
        "type": "ir.actions.act_window",
        "res_model": record._name,
        "res_id": record.id,
        "views": [[False, "form"]],
    }


@tagged("post_install", "-at_install")
class TestAccessibility(CollectionsCommon, HttpCase):
    """A manager looks at every main screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        node.ensure()
        cls.axe = (paths.NODE / "node_modules/axe-core/axe.min.js").read_text()
        cls.manager.group_ids |= cls.quick_ref("base.group_system")
        cls.company.write(
            {
                "collections_safe_mode": True,
                "collections_test_email": "me@company.example",
                "street": "Av. Arequipa 100",
                "city": "Lima",
            }
        )
        cls.strategy.step_ids.filtered(lambda step: step.days == 30).mode = "approval"
        cls.strategy.step_ids[1].mandatory = True
        for days in (45, 20, 70, 100, -5):
            cls.create_invoice(1200, days_overdue=days)
        cls.create_invoice(300, days_overdue=4, debtor=cls.create_debtor("Bodega " + "Norte " * 20))
        cls.create_invoice(200, days_overdue=-3, debtor=cls.create_debtor("Farmacia"))
        cls.run_ = cls.env["collections.run"]._get_or_create(cls.company, "button")
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cases = cls.env["collections.case"].search([("company_id", "=", cls.company.id)])
        cls.env["collections.planner"]._plan(cases, run=cls.run_)
        cls.run_._open_gate()
        cls.run_.write({"stage": "done", "state": "done"})
        cls.case = cls.get_case()
        cls.contact = cls.case.contact_ids.ensure_one()
        cls.contact.state = "awaiting"
        cls.talk = cls.env["collections.conversation"]._get_or_create(
            cls.email, cls.company, "+51987654321", "Ana"
        )
        cls.talk._bind(cls.case)
        cls.talk.write({"state": "person", "summary": "Ana asks for a person"})
        cls.batch = cls.env["collections.letter.batch"].create({"company_id": cls.company.id})
        cls.write_off = cls.env["collections.write.off"]._open_new(cls.case)["res_id"]
        cls.preview = (
            cls.env["collections.preview"]
            .with_user(cls.manager)
            .with_company(cls.company)
            .sudo()
            ._create_for(cls.company)
        )

    def get_screens(self):
        """Return ``[(name, action, options, selectors to click before looking)]``."""
        rule = self.env["collections.contact.rule"].with_context(active_test=False)
        case, go_on = form(self.case), "button[name='action_next']"
        return [
            ("cases", action("collections_case_action"), {}, ()),
            ("cases as cards", action("collections_case_action"), {"viewType": "kanban"}, ()),
            ("case", case, {}, ()),
            ("history", case, {}, ("a[name='history']",)),
            ("holds", case, {}, ("a[name='holds']",)),
            ("to approve", action("collections_contact_action_to_approve"), {}, ()),
            ("contact", form(self.contact), {}, ()),
            ("why", form(self.contact), {}, ("a[name='why']",)),
            ("runs", action("collections_run_action"), {}, ()),
            ("run", form(self.run_), {}, ()),
            ("preview", form(self.preview), {}, ()),
            ("a line of the preview", form(self.preview.go_ids[:1]), {}, ()),
            ("strategy", form(self.strategy), {}, ()),
            ("segments", action("collections_segment_action"), {}, ()),
            ("segment", form(self.segment), {}, ()),
            ("contact rules", action("collections_contact_rule_action"), {}, ()),
            ("contact rule", form(rule.search([], limit=1)), {}, ()),
            ("log", action("collections_log_action"), {}, ()),
            ("set-up", action("collections_onboarding_action"), {}, ()),
            *((f"set-up, step {step}", None, {}, (go_on,)) for step in range(2, 7)),
            ("health", action("collections_health_action"), {}, ()),
            ("conversations", action("collections_conversation_action"), {}, ()),
            ("conversation", form(self.talk), {}, ()),
            ("letters", action("collections_contact_action_to_print"), {}, ()),
            ("letter batch", form(self.batch), {}, ()),
            ("settings", action("res_config_settings_action"), {}, ()),
            ("go live", action("collections_go_live_action"), {}, ()),
            ("statement", action("collections_statement_wizard_action_case"), {}, ()),
            ("write-offs", action("collections_write_off_action"), {}, ()),
            ("write-off", form(self.env["collections.write.off"].browse(self.write_off)), {}, ()),
            ("provisions", action("collections_provision_action"), {}, ()),
            ("write-off rules", action("collections_write_off_rule_action"), {}, ()),
            *self.get_reports(),
        ]

    def get_reports(self):
        """Return the same of every report, with a row unfolded where rows unfold, and of what
        belongs to them."""
        reports = [
            (f"report {code}", f"collections_reports.collections_report_{name}_action")
            for code, name in (
                ("aging", "aging"), ("kpi", "kpi"), ("overview", "overview"), ("mine", "mine"),
                ("recovery", "recovery"), ("collectors", "collectors"), ("losses", "losses"),
                ("experiments", "experiment"), ("provision", "provision"), ("monthly", "monthly"),
            )
        ]  # fmt: skip
        unfold = ".o_collections_report tbody th > .o_collections_report_fold"
        schedule = self.env["collections.report.schedule"].create(
            {"name": "Aging", "code": "aging", "to_managers": True, "company_id": self.company.id}
        )
        return [
            *((name, what, {}, ()) for name, what in reports),
            ("report aging, unfolded", reports[0][1], {}, (unfold,)),
            ("sent regularly", form(schedule), {}, ()),
            ("random comparison", "collections_reports.collections_experiment_action",
             {"viewType": "form"}, ()),
            ("export for BI", "collections_reports.collections_open_export_action", {}, ()),
        ]  # fmt: skip

    def open(self, browser, path):
        browser.set_cookies(
            self.base_url(),
            {
                "session_id": self.session.sid,
                "test_request_key": self.http_request_key,
                "cids": self.company.id,
            },
        )
        browser.open(self.base_url() + path)
        browser.run(self.axe)

    def go(self, browser, what, options):
        """Open an action inside the page that is open."""
        context = {"active_model": "collections.case", "active_ids": self.case.ids}
        options = {"clearBreadcrumbs": True, "additionalContext": context, **options}
        services = "odoo.__WOWL_DEBUG__.root.env.services"
        browser.run(f"{services}.action.doAction({json.dumps(what)}, {json.dumps(options)})")
        browser.rest()

    def look(self, browser):
        """Return the complaints about what is open."""
        return browser.run(CHECK % {"areas": json.dumps(AREAS), "own": json.dumps(ODOOS_OWN)})

    def browse(self):
        """Return a browser, for use with `with`."""
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        return Browser(folder.name)

    def check_screens(self, width):
        self.authenticate(self.manager.login, self.manager.login)
        screens, found = self.get_screens(), []
        with self.allow_requests(), self.browse() as browser:
            browser.resize(width, SIZES[width])
            self.open(browser, "/odoo/action-collections_management.collections_run_action")
            for name, what, options, clicks in screens:
                try:
                    if what:
                        self.go(browser, what, options)
                    for selector in clicks:
                        browser.click(selector)
                except HouseError as error:
                    found.append(f"{name}: {error}")
                    continue
                found += [f"{name}: {complaint}" for complaint in self.look(browser)]
                if width < 576:
                    small = browser.run(SMALL)
                    found += [f"{name}: less than 44 px: {html}" for html in small]
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_screens_on_a_desk(self):
        self.check_screens(1400)

    def test_screens_on_a_phone(self):
        self.check_screens(390)

    def test_page_of_the_forewarning(self):
        forewarning = self.env["collections.forewarning"]
        token = forewarning._sign(
            self.company, self.manager, forewarning._get_next_night(self.company)
        )
        self.authenticate(None, None)
        with self.allow_requests(), self.browse() as browser:
            for path in (token, "forged"):
                browser.resize(390, 844)
                self.open(browser, f"/collections/night/{path}")
                self.assertFalse(self.look(browser))
