import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * The age band of a debt: 0 not due, 1 to 4 the older the higher. One scale for all screens.
 *
 * @param {number} days days past due, negative before the due date
 * @returns {0|1|2|3|4}
 */
export function getAgeBand(days) {
    return [0, 30, 60, 90].filter((limit) => days > limit).length;
}

/** How old a debt is, in words and by colour: never by colour alone. */
export class AgeField extends Component {
    static template = "collections_management.AgeField";
    static props = { ...standardFieldProps };

    get days() {
        return this.props.record.data[this.props.name] || 0;
    }

    get band() {
        return getAgeBand(this.days);
    }

    get text() {
        const { days } = this;
        if (Math.abs(days) === 1) {
            return days > 0 ? _t("1 day") : _t("in 1 day");
        }
        if (days > 0) {
            return _t("%s days", days);
        }
        return days < 0 ? _t("in %s days", -days) : _t("Not due");
    }

    get title() {
        if (this.days === 1) {
            return _t("1 day past due");
        }
        return this.days > 1 ? _t("%s days past due", this.days) : _t("Nothing is overdue");
    }
}

export const ageField = {
    component: AgeField,
    displayName: _t("Age of a debt"),
    supportedTypes: ["integer"],
};

registry.category("fields").add("collections_age", ageField);
