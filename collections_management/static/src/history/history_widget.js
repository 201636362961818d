import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, onPatched, onWillStart, onWillUpdateProps, useRef, useState } from "@odoo/owl";

/** Everything that happened on a case, newest first, with filters; read from its log. */
export class HistoryWidget extends Component {
    static template = "collections_management.HistoryWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ kind: "all", entries: [], more: false });
        this.list = useRef("list");
        this.unread = null; // the first of the older entries just asked for
        onPatched(() => this.moveToUnread());
        onWillStart(() => this.load());
        onWillUpdateProps((nextProps) => this.load(this.state.kind, nextProps.record.resId));
    }

    get kinds() {
        return [
            { key: "all", label: _t("All") },
            { key: "messages", label: _t("Messages") },
            { key: "decisions", label: _t("Decisions") },
            { key: "balances", label: _t("Balances") },
            { key: "people", label: _t("By people") },
            { key: "write_offs", label: _t("Write-offs") },
        ];
    }

    async fetch(kind, resId, before = false) {
        const result = resId
            ? await this.orm.call("collections.case", "get_history", [[resId]], { kind, before })
            : { entries: [], more: false };
        return { ...result, entries: result.entries.map((entry) => this.prepare(entry)) };
    }

    prepare(entry) {
        return {
            ...entry,
            when: toLocaleDateTimeString(deserializeDateTime(entry.moment), { showSeconds: false }),
            who: entry.user_id ? entry.user_id[1] : "",
        };
    }

    async load(kind = this.state.kind, resId = this.props.record.resId) {
        const found = await this.fetch(kind, resId);
        Object.assign(this.state, { kind, ...found });
    }

    async loadMore() {
        const { kind, entries } = this.state;
        const found = await this.fetch(kind, this.props.record.resId, entries.at(-1).sequence);
        this.unread = entries.length;
        Object.assign(this.state, { more: found.more, entries: [...entries, ...found.entries] });
    }

    /** Who works by keyboard goes on reading where the older entries begin. */
    moveToUnread() {
        if (this.unread !== null) {
            this.list.el?.children[this.unread]?.focus();
            this.unread = null;
        }
    }

    openContact(entry) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "collections.contact",
            res_id: entry.contact_id[0],
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("collections_history", { component: HistoryWidget });
