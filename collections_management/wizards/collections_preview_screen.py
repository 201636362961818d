from collections import Counter

from odoo import api, fields, models


class CollectionsPreview(models.TransientModel):
    """What the screen of a preview counts, group by group; each count opens its lines."""

    _inherit = "collections.preview"

    go_rows = fields.Json(compute="_compute_rows")
    stay_rows = fields.Json(compute="_compute_rows")

    @api.depends("line_ids")
    @api.depends_context("lang")
    def _compute_rows(self):
        for preview in self:
            lines = preview.line_ids
            going = Counter((line.step_id, line.channel_id) for line in preview.go_ids)
            staying = Counter(
                (line.reason or "", line.hold or "") for line in lines - preview.go_ids
            )
            preview.go_rows = [
                preview._prepare_row(
                    f"{step.display_name} · {channel.name}",
                    count,
                    "go",
                    [("step_id", "=", step.id), ("channel_id", "=", channel.id)],
                )
                for (step, channel), count in sorted(
                    going.items(), key=lambda item: (item[0][0].days, item[0][1].sequence)
                )
            ]
            preview.stay_rows = [
                preview._prepare_row(
                    preview._explain_reason(reason, hold),
                    count,
                    "stay",
                    [("reason", "=", reason or False), ("hold", "=", hold or False)],
                )
                for (reason, hold), count in staying.most_common()
            ]

    def _prepare_row(self, label, count, kind, domain):
        """Return one row of the tally widget."""
        return {
            "key": f"{kind}/{label}",
            "label": label,
            "count": count,
            "kind": kind,
            "model": "collections.preview.line",
            "domain": [("preview_id", "=", self.id), ("verdict", "=", kind), *domain],
        }

    def _explain_reason(self, reason, hold):
        """Return a decision that leaves debtors alone as a sentence."""
        cases = self.env["collections.case"]
        sentence = cases._get_decision_sentences().get(reason, reason)
        return sentence % {"step": "…", "hold": cases._get_hold_label(hold)}
