import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * Counts told one under the other; each opens the records it counts.
 *
 * The value is a list of `{key, label, count, kind, model, domain}`; kind is go, stay or bad.
 */
export class TallyField extends Component {
    static template = "collections_management.TallyField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get rows() {
        const rows = this.props.record.data[this.props.name] || [];
        const most = Math.max(1, ...rows.map((row) => row.count));
        return rows.map((row) => ({ ...row, share: (100 * row.count) / most }));
    }

    open(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: row.label,
            res_model: row.model,
            domain: row.domain,
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
        });
    }
}

export const tallyField = {
    component: TallyField,
    displayName: _t("Counts that open"),
    supportedTypes: ["json"],
};

registry.category("fields").add("collections_tally", tallyField);
