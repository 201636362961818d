from odoo import api, models
from odoo.tools import format_date

from ..engine import documents
from .collections_report_base import READERS_OF_ALL

LIST = "comparisons"  # what opens them all


class CollectionsReportExperiment(models.AbstractModel):
    """What random comparisons showed: money per debtor in each arm, with an interval."""

    _name = "collections.report.experiment"
    _description = "Report of Random Comparisons"
    _inherit = "collections.report.base"

    _report_code = "experiments"
    _report_sequence = 60
    _report_groups = READERS_OF_ALL

    @api.model
    def _get_title(self):
        return self.env._("Random Comparisons")

    @api.model
    def _get_filters(self):
        return [
            self._filter("experiment_ids", self.env._("Comparisons"), "records",
                         model="collections.experiment"),
            self._filter("state", self.env._("State"), "choice", default="all",
                         choices=list(self._get_state_words().items())),
        ]  # fmt: skip

    def _get_state_words(self):
        return {
            "all": self.env._("All"),
            "running": self.env._("Running"),
            "stopped": self.env._("Stopped"),
        }

    @api.model
    def _get_experiments(self, options):
        """Return the comparisons to tell of, the newest first."""
        domain = [("company_id", "in", self.env.companies.ids), ("state", "!=", "draft")]
        if options["experiment_ids"]:
            domain.append(("id", "in", options["experiment_ids"]))
        if options["state"] in ("running", "stopped"):
            domain.append(("state", "=", options["state"]))
        return self.env["collections.experiment"].search(domain, order="date_start desc, id desc")

    @api.model
    def _get_document(self, options):
        experiments = self._get_experiments(options)
        sections = [self._get_table(experiments)]
        for experiment in experiments[:5]:
            sections += self._get_charts(experiment)
        sections.append(self._get_advice(experiments))
        return documents.document(
            self._get_title(),
            sections,
            subtitle=self._get_company_words(),
            notes=[
                self.env._(
                    "Debtors are shared out by lot, so that the arms differ in nothing but what is "
                    "compared. The intervals hold at every look at once: looking daily makes no "
                    "false winners."
                )
            ],
            definitions=self._get_definitions(),
        )

    # -- parts -----------------------------------------------------------------------------------

    def _get_table(self, experiments):
        env = self.env
        columns = [
            documents.column("name", env._("Comparison / arm")),
            documents.column("debtors", env._("Debtors"), "integer"),
            documents.column("finished", env._("Finished"), "integer",
                             help=env._("Debtors whose days to pay are over.")),
            documents.column("money", env._("Money per debtor"), "money", better="up"),
            documents.column("money_difference", env._("Difference"), "money", better="up"),
            documents.column("money_lower", env._("From"), "money"),
            documents.column("money_upper", env._("To"), "money"),
            documents.column("share", env._("Share paid"), "percent", better="up"),
            documents.column("share_difference", env._("Difference in points"), "number",
                             better="up"),
            documents.column("share_lower", env._("From (points)"), "number"),
            documents.column("share_upper", env._("To (points)"), "number"),
        ]  # fmt: skip
        rows = []
        for experiment in experiments:
            rows.append(
                documents.row(
                    f"experiment-{experiment.id}",
                    {"name": experiment.name, "debtors": experiment.debtor_count},
                    currency=experiment.currency_id.id,
                    drill=f"experiment:{experiment.id}",
                )
            )
            rows += [self._get_arm_row(arm) for arm in experiment.arm_ids]
        return documents.table(
            "arms",
            env._("What each arm recovered"),
            columns,
            rows,
            totals=[],
            note=env._(
                "A difference is against the arm the others are compared with. Without an interval "
                "not enough debtors are finished yet."
            ),
            empty=env._(
                "Nothing is compared. A manager starts a comparison under Policies > Random "
                "Comparisons."
            ),
        )

    def _get_arm_row(self, arm):
        experiment, cells = arm.experiment_id, {"name": arm.name, "debtors": arm.debtor_count}
        for measure, factor in (("share", 100), ("money", 1)):
            look = experiment._get_last_look(arm, measure)
            if not look:
                continue
            cells["finished"] = look.debtor_count
            if look.debtor_count:
                cells[measure] = factor * look.mean
            if not arm.is_control and look.debtor_count:
                cells[f"{measure}_difference"] = factor * look.difference
            if look.is_certain:
                cells[f"{measure}_lower"] = factor * look.lower
                cells[f"{measure}_upper"] = factor * look.upper
        return documents.row(
            f"arm-{arm.id}",
            cells,
            currency=experiment.currency_id.id,
            level=1,
            drill=f"arm:{arm.id}",
        )

    def _get_charts(self, experiment):
        """Return a chart of the interval over time for each arm, of the measure that decides."""
        factor = 100 if experiment.measure == "share" else 1
        words = {
            "upper": self.env._("At most"),
            "difference": self.env._("Difference"),
            "lower": self.env._("At least"),
        }
        charts = []
        for arm in experiment.arm_ids.filtered(lambda one: not one.is_control):
            looks = experiment.look_ids.filtered(
                lambda look, arm=arm: (
                    look.arm_id == arm and look.measure == experiment.measure and look.is_certain
                )
            ).sorted("date")
            if not looks:
                continue
            charts.append(
                documents.chart(
                    f"interval-{arm.id}",
                    self.env._("%(experiment)s: %(arm)s", experiment=experiment.name, arm=arm.name),
                    "line",
                    [format_date(self.env, look.date) for look in looks],
                    [
                        documents.series(
                            label,
                            [factor * look[name] for look in looks],
                            tone="plain" if name == "difference" else "quiet",
                        )
                        for name, label in words.items()
                    ],
                    value_kind="money" if experiment.measure == "money" else "percent",
                    currency=experiment.currency_id.id if experiment.measure == "money" else None,
                    note=self.env._("It is decided on the day on which zero is outside."),
                    line={"label": self.env._("No difference"), "value": 0},
                )
            )
        return charts

    def _get_advice(self, experiments):
        if not experiments:
            may = self.env["collections.experiment"].has_access("create")
            return documents.text(
                "none",
                self.env._("No comparison yet"),
                [self.env._("Share out debtors by lot between two ways of collecting: what they "
                            "pay tells which one works.")],
                link=(self.env._("Random Comparisons"), LIST) if may else None,
            )  # fmt: skip
        return documents.text(
            "advice",
            self.env._("What follows"),
            [
                self.env._(
                    "%(experiment)s: %(advice)s",
                    experiment=experiment.name,
                    advice=experiment.recommendation,
                )
                for experiment in experiments
            ],
        )

    def _get_definitions(self):
        env = self.env
        return [
            documents.definition(
                env._("Money per debtor"),
                env._(
                    "What the debtors of an arm paid in their days to pay, divided by their "
                    "number; of one debtor not more than the limit that was fixed at the start."
                ),
                env._(
                    "Payments in bank, cash and card journals on receivable accounts, company "
                    "currency, dated after the debtor entered; reversed ones are out."
                ),
                env._(
                    "Only debtors whose days to pay are over count, so that all had the same time. "
                    "Who was merged into another debtor is left out."
                ),
            ),
            documents.definition(
                env._("Share paid"),
                env._("What a debtor paid divided by what he owed when he entered, 100 % at most; "
                      "the average of the debtors."),
                env._("The same payments; what was owed is the total of the case on that day."),
                env._("Every debtor counts the same, whatever he owes."),
            ),
            documents.definition(
                env._("Interval"),
                env._(
                    "Asymptotic confidence sequence of the difference of two means "
                    "(Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2021), 95 %, shared between "
                    "the arms where there are several."
                ),
                env._("The daily looks, kept as they were seen."),
                env._(
                    "Valid however often it is looked at. It is wider than an ordinary interval, "
                    "which would be wrong here."
                ),
            ),
        ]  # fmt: skip

    # -- behind a figure -------------------------------------------------------------------------

    @api.model
    def _get_drill(self, options, key):
        if key == LIST:
            return self.env["ir.actions.act_window"]._for_xml_id(
                "collections_reports.collections_experiment_action"
            )
        kind, _colon, number = key.partition(":")
        if kind not in ("experiment", "arm") or not number.isdecimal():
            return super()._get_drill(options, key)
        field = "experiment_id" if kind == "experiment" else "arm_id"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        domain = [(f"assignment_ids.{field}", "=", int(number))]
        return {**action, "domain": domain, "context": {}}
