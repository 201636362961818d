import { Component, onWillUpdateProps, useState } from "@odoo/owl";

import { formatMoney, formatValue, getMood } from "./report_format";

const NUMBERS = ["money", "integer", "number", "percent", "days"];

/** A table: sorted by a click on a head, opened row by row, each amount leading to its records. */
export class ReportTable extends Component {
    static template = "collections_reports.ReportTable";
    static props = {
        section: Object,
        currencies: Object,
        getRows: Function,
        openDrill: Function,
        openRecord: Function,
        showMore: { type: Function, optional: true },
    };

    setup() {
        this.state = useState({ sort: null, down: true, open: {}, busy: null });
        onWillUpdateProps((next) => {
            if (next.section !== this.props.section) {
                this.state.open = {};
            }
        });
    }

    get columns() {
        return this.props.section.columns;
    }

    /** The rows in their order, those under an open row right after it. */
    get rows() {
        const rows = [...this.props.section.rows];
        const { sort, down } = this.state;
        if (sort) {
            const value = (row) => {
                const cell = row.cells[sort];
                return cell && typeof cell === "object" ? cell.name : cell;
            };
            const compare = (a, b) =>
                typeof a === "string" || typeof b === "string"
                    ? String(a ?? "").localeCompare(String(b ?? ""))
                    : (a ?? -Infinity) - (b ?? -Infinity);
            rows.sort((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
        }
        return this.unfold(rows);
    }

    unfold(rows) {
        return rows.flatMap((row) => [row, ...this.unfold(this.state.open[row.key] || [])]);
    }

    isNumber(column) {
        return NUMBERS.includes(column.kind);
    }

    sortBy(name) {
        if (this.state.sort === name) {
            this.state.down = !this.state.down;
        } else {
            const column = this.columns.find((one) => one.name === name);
            Object.assign(this.state, { sort: name, down: this.isNumber(column) });
        }
    }

    getSorted(name) {
        if (this.state.sort !== name) {
            return undefined;
        }
        return this.state.down ? "descending" : "ascending";
    }

    /** The one currency of all amounts, told once above them; null when there are several. */
    get currency() {
        const { rows, totals } = this.props.section;
        const found = new Set([...rows, ...totals].map((row) => row.currency).filter(Boolean));
        const money = this.columns.some((column) => column.kind === "money");
        return money && found.size === 1 ? this.props.currencies[[...found][0]] : null;
    }

    getText(row, column) {
        const value = row.cells[column.name];
        if (column.kind !== "money" || value === null || value === undefined) {
            return formatValue(value, column.kind);
        }
        const currency = this.props.currencies[row.currency];
        return value ? formatMoney(value, currency, { bare: Boolean(this.currency) }) : "–";
    }

    getClass(row, column) {
        const value = row.cells[column.name];
        const mood = column.name === "movement" ? getMood(value, column.better) : "";
        return {
            "text-end": this.isNumber(column),
            o_collections_report_minus: this.isNumber(column) && value < 0,
            [mood]: Boolean(mood),
        };
    }

    getDrill(row, column) {
        return row.drills[column.name] || (column.name === "total" && row.drill) || null;
    }

    isLink(row, column) {
        const value = row.cells[column.name];
        return Boolean(value?.model && value.id);
    }

    async toggle(row) {
        if (this.state.open[row.key]) {
            delete this.state.open[row.key];
            return;
        }
        this.state.busy = row.key;
        try {
            const section = this.props.section;
            const rows = await this.props.getRows(row.expand);
            if (section === this.props.section) {
                this.state.open[row.key] = rows;
            }
        } finally {
            this.state.busy = null;
        }
    }
}
