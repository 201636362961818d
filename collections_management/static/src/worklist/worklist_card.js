import { _t } from "@web/core/l10n/translation";

import { Component, useState } from "@odoo/owl";

import { HistoryWidget } from "../history/history_widget";
import { formatMoment, formatMoney } from "./format";

/** One debtor: how much, why first, what was said, what comes next, whom to speak with. */
export class WorklistCard extends Component {
    static template = "collections_management.WorklistCard";
    static components = { HistoryWidget };
    static props = {
        card: Object,
        desk: Object,
        outcomes: Array,
        medium: String,
        readonly: Boolean,
        onOutcome: Function,
        onOpen: Function,
    };

    setup() {
        this.state = useState({ story: false });
        this.formatMoney = formatMoney;
    }

    get ageLabels() {
        return [_t("Not due"), _t("1-30"), _t("31-60"), _t("61-90"), _t("Over 90")];
    }

    get bars() {
        return this.props.card.bars.map((bar) => {
            const sum = bar.parts.reduce((total, part) => total + part.amount, 0);
            return {
                ...bar,
                parts: bar.parts.map((part) => ({
                    ...part,
                    label: this.ageLabels[part.band],
                    text: formatMoney(part.amount, bar.currency),
                    share: (100 * part.amount) / sum,
                })),
            };
        });
    }

    get whyText() {
        return this.props.card.why
            .map(([name, points]) => (points ? `${name} ${points > 0 ? "+" : ""}${points}` : name))
            .join(", ");
    }

    get daysText() {
        const { days } = this.props.card;
        return days > 0 ? _t("%s days overdue", days) : _t("not due");
    }

    get callbackText() {
        const { callback, callback_note: note } = this.props.card;
        return callback ? [formatMoment(callback, "ff"), note].filter(Boolean).join(" · ") : "";
    }

    get outcomesTitle() {
        return {
            call: _t("What came of the call?"),
            written: _t("What came of the message?"),
            visit: _t("What came of the visit?"),
        }[this.props.medium];
    }

    formatWhen(entry) {
        return formatMoment(entry.moment, "ff");
    }

    get storyRecord() {
        return { resId: this.props.card.case, resModel: "collections.case" };
    }

    onCall(ev, person) {
        ev.preventDefault();
        return this.props.desk.call(person);
    }

    onWhatsapp(ev, person) {
        ev.preventDefault();
        return this.props.desk.whatsapp(person);
    }
}
