import { _t } from "@web/core/l10n/translation";

import { Component, useState } from "@odoo/owl";

import { formatChange, formatValue, getMood } from "./report_format";

/** Figures as tiles: value, movement, and how it is made. */
export class ReportFigures extends Component {
    static template = "collections_reports.ReportFigures";
    static props = { section: Object, currencies: Object, openDrill: Function };

    setup() {
        this.state = useState({ open: null });
    }

    getValue(figure) {
        const text = formatValue(figure.value, figure.kind, this.props.currencies[figure.currency]);
        return figure.kind === "days" ? _t("%s days", text) : text;
    }

    getChange(figure) {
        return formatChange(figure, this.props.currencies[figure.currency]);
    }

    isSame(figure) {
        return figure.value === figure.previous;
    }

    getPrevious(figure) {
        return formatValue(figure.previous, figure.kind, this.props.currencies[figure.currency]);
    }

    getMood(figure) {
        return getMood(figure.value - (figure.previous ?? figure.value), figure.better);
    }

    hasMore(figure) {
        return figure.formula || figure.sources || figure.caveat;
    }

    toggle(name) {
        this.state.open = this.state.open === name ? null : name;
    }
}
