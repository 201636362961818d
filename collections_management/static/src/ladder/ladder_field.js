import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * Where a case stands on its ladder.
 *
 * The value is a list of `{id, name, days, state, date, icon, mandatory, mode}`, with state one of
 * done, passed (jumped over), current and future.
 */
export class LadderField extends Component {
    static template = "collections_management.LadderField";
    static props = { ...standardFieldProps };

    get states() {
        return {
            done: _t("done"),
            passed: _t("jumped over"),
            current: _t("stands here"),
            future: _t("to come"),
        };
    }

    get rungs() {
        return (this.props.record.data[this.props.name] || []).map((rung) => {
            const offset = rung.days > 0 ? `+${rung.days}` : `${rung.days}`;
            const when = rung.date ? formatDate(deserializeDate(rung.date)) : "";
            return { ...rung, offset, when, sentence: this.getSentence(rung, offset, when) };
        });
    }

    /** All that is drawn of a step, for who hears it. */
    getSentence(rung, offset, when) {
        const parts = [
            _t("%(name)s, day %(day)s: %(state)s", {
                name: rung.name,
                day: offset,
                state: this.states[rung.state],
            }),
            when,
            rung.mandatory ? _t("mandatory") : "",
        ];
        return parts.filter(Boolean).join(", ");
    }
}

export const ladderField = {
    component: LadderField,
    displayName: _t("Ladder of a case"),
    supportedTypes: ["json"],
};

registry.category("fields").add("collections_ladder", ladderField);
