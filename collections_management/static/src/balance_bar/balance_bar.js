import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

const BUCKETS = [
    { name: "amount_over_90", band: 4 },
    { name: "amount_61_90", band: 3 },
    { name: "amount_31_60", band: 2 },
    { name: "amount_1_30", band: 1 },
    { name: "amount_not_due", band: 0 },
];
const FIELDS = [
    "amount_total",
    "amount_credit",
    "amount_net_overdue",
    ...BUCKETS.map((bucket) => bucket.name),
];

/** What a case owes: one bar per currency, the oldest first; credits beside it, never in it. */
export class BalanceBarField extends Component {
    static template = "collections_management.BalanceBarField";
    static props = { ...standardFieldProps };

    get labels() {
        return [_t("Not due"), _t("1-30"), _t("31-60"), _t("61-90"), _t("Over 90")];
    }

    get bars() {
        return this.props.record.data[this.props.name].records.map((record) =>
            this.getBar(record.data),
        );
    }

    getLegendLabel(bar) {
        return _t("Balance by age, in %s", bar.currency);
    }

    getBar(data) {
        const currencyId = data.currency_id?.id;
        const format = (value) => formatMonetary(value, { currencyId });
        const positive = BUCKETS.filter((bucket) => data[bucket.name] > 0);
        const sum = positive.reduce((total, bucket) => total + data[bucket.name], 0);
        return {
            currency: data.currency_id?.display_name || "",
            key: currencyId || 0,
            net: format(data.amount_net_overdue),
            isCredit: data.amount_net_overdue < 0,
            credit: data.amount_credit > 0 ? format(data.amount_credit) : "",
            total: format(data.amount_total),
            parts: positive.map((bucket) => ({
                ...bucket,
                label: this.labels[bucket.band],
                amount: format(data[bucket.name]),
                share: (100 * data[bucket.name]) / sum,
            })),
        };
    }
}

export const balanceBarField = {
    component: BalanceBarField,
    displayName: _t("Balance by age"),
    supportedTypes: ["one2many"],
    relatedFields: [
        { name: "currency_id", type: "many2one", relation: "res.currency" },
        ...FIELDS.map((name) => ({ name, type: "monetary", currency_field: "currency_id" })),
    ],
};

registry.category("fields").add("collections_balance_bar", balanceBarField);
