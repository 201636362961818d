from odoo.tests import HttpCase, tagged

from .test_automation import AutomationCommon


@tagged("post_install", "-at_install")
class TestTours(AutomationCommon, HttpCase):
    """The form of a rule in a browser: Odoo's own list stops at a trigger it does not know."""

    def test_an_administrator_reads_and_changes_a_rule(self):
        rule = self.create_rule("case.opened")
        self.start_tour(
            f"/odoo/action-collections_automation.base_automation_action/{rule.id}",
            "collections_automation_rule_tour",
            login="admin",
        )
        self.assertEqual(
            set(rule.collections_event_ids.mapped("code")), {"case.opened", "hold.set"}
        )

    def test_the_trigger_is_offered_for_models_of_collections_only(self):
        self.start_tour(
            "/odoo/action-collections_automation.base_automation_action/new",
            "collections_automation_new_tour",
            login="admin",
        )
