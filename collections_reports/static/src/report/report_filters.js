import { MultiRecordSelector } from "@web/core/record_selectors/multi_record_selector";
import { useService } from "@web/core/utils/hooks";

import { Component, useEffect, useRef, useState } from "@odoo/owl";

/** The filters of a report; each change asks the report again. */
export class ReportFilters extends Component {
    static template = "collections_reports.ReportFilters";
    static components = { MultiRecordSelector };
    static props = { filters: Array, options: Object, setOption: Function, reset: Function };

    setup() {
        this.ui = useService("ui");
        this.state = useState({ more: false, open: !this.ui.isSmall });
        this.root = useRef("root");
        useEffect(() => this.nameSelectors());
    }

    /** Give the fields of Odoo's record selectors the ids that their labels are for. */
    nameSelectors() {
        const boxes = this.root.el?.querySelectorAll("[data-name]:has(.o_multi_record_selector)");
        for (const box of boxes || []) {
            box.querySelector("input").id = `collections_filter_${box.dataset.name}`;
        }
    }

    get shown() {
        return this.props.filters.filter((one) => this.state.more || !one.advanced);
    }

    get hasAdvanced() {
        return this.props.filters.some((one) => one.advanced);
    }

    /** How many of the filters that are out of sight are set. */
    get hiddenCount() {
        return this.props.filters.filter((one) => !this.shown.includes(one) && this.isSet(one))
            .length;
    }

    get isChanged() {
        return this.props.filters.some((one) => this.isSet(one));
    }

    isSet(one) {
        const value = this.props.options[one.name];
        if (Array.isArray(value)) {
            return value.length > 0;
        }
        return (value || null) !== (one.default || null);
    }

    set(one, value) {
        this.props.setOption(one.name, value);
    }

    setNumber(one, text) {
        this.set(one, text === "" ? null : Number(text));
    }
}
