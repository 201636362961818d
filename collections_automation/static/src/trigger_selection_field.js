import { TRIGGER_FILTERS } from "@base_automation/utils";
import { useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { selectionField, SelectionField } from "@web/views/fields/selection/selection_field";

const EVENT_TRIGGER = "on_collections_event";
const VALUES = _t("Values updated");
const MESSAGES = _t("Messages");
const TIME = _t("Time");
const RECORDS = _t("Records and other systems");

/** Heading of each trigger; those that Odoo or others add later come under the last one. */
const HEADINGS = {
    [EVENT_TRIGGER]: _t("Collections"),
    on_stage_set: VALUES,
    on_user_set: VALUES,
    on_tag_set: VALUES,
    on_state_set: VALUES,
    on_priority_set: VALUES,
    on_archive: VALUES,
    on_unarchive: VALUES,
    on_message_sent: MESSAGES,
    on_message_received: MESSAGES,
    on_time: TIME,
    on_time_created: TIME,
    on_time_updated: TIME,
};

/**
 * The triggers that make sense for the model of a rule, under headings. Odoo's own field for this
 * stops at a trigger it does not know.
 */
export class TriggerSelectionField extends SelectionField {
    static template = "base_automation.TriggerSelectionField";

    setup() {
        super.setup();
        const orm = useService("orm");
        this.state = useState({ fields: [] });
        let known;
        useRecordObserver(async (record) => {
            const modelId = record.data.model_id?.id;
            if (modelId === known || this.props.readonly) {
                return; // who only reads a rule may not read the fields of models
            }
            known = modelId;
            this.state.fields = await orm.searchRead(
                "ir.model.fields",
                [["model_id", "=", modelId || false]],
                ["name", "ttype", "relation"],
            );
        });
    }

    /** Whether a trigger can happen to records of the model at all. */
    isPossible(trigger) {
        const { data } = this.props.record;
        if (trigger === data[this.props.name]) {
            return true;
        }
        if (trigger === EVENT_TRIGGER) {
            return data.has_collections_events;
        }
        if (trigger.startsWith("on_message_")) {
            return data.model_is_mail_thread;
        }
        const fits = TRIGGER_FILTERS[trigger];
        return trigger !== "on_write" && (!fits || this.state.fields.some(fits));
    }

    get groups() {
        const groups = new Map(Object.values(HEADINGS).map((label) => [label, []]));
        groups.set(RECORDS, []);
        for (const [value, label] of this.options) {
            if (this.isPossible(value)) {
                groups.get(HEADINGS[value] || RECORDS).push({ value, label });
            }
        }
        return [...groups]
            .filter(([, choices]) => choices.length)
            .map(([label, choices]) => ({ label, choices }));
    }
}

registry.category("fields").add("collections_trigger_selection", {
    ...selectionField,
    component: TriggerSelectionField,
    fieldDependencies: [
        { name: "has_collections_events", type: "boolean" },
        { name: "model_is_mail_thread", type: "boolean" },
    ],
});
