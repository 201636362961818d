import { loadBundle } from "@web/core/assets";

import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";

import { formatMoney, formatValue } from "./report_format";

// One colour scale for age, as everywhere in collections; the rest apart from it.
const TONES = {
    not_due: "#8a929c",
    age_1: "#e0a100",
    age_2: "#e67e22",
    age_3: "#d9502e",
    age_4: "#a61c2e",
    good: "#2e8b57",
    bad: "#c0392b",
    plain: "#0b6e8f",
    quiet: "#b8c2cc",
};
const PALETTE = ["#0b6e8f", "#e0a100", "#2e8b57", "#8e44ad", "#d9502e", "#5d6d7e", "#16a085"];

/** A chart by Odoo's bundled Chart.js; its values are also there as a table for who cannot see. */
export class ReportChart extends Component {
    static template = "collections_reports.ReportChart";
    static props = { section: Object, currencies: Object, openDrill: Function };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.section],
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    /** Whether there is nothing but zeros and gaps. */
    get isEmpty() {
        return !this.props.section.series.some((one) => one.values.some(Boolean));
    }

    get currency() {
        return this.props.currencies[this.props.section.currency];
    }

    format(value, human = false) {
        const kind = this.props.section.value_kind;
        if (kind === "money" && value !== null) {
            return formatMoney(value, this.currency, { human });
        }
        return formatValue(value, kind, this.currency);
    }

    get isRound() {
        return this.props.section.kind === "doughnut";
    }

    get datasets() {
        const { series, kind, tones } = this.props.section;
        const sets = series.map((one, index) => {
            const colour = TONES[one.tone] || PALETTE[index % PALETTE.length];
            const many = (this.isRound || series.length === 1) && (tones || this.isRound);
            const colours = many
                ? one.values.map((_value, at) => TONES[tones?.[at]] || PALETTE[at % PALETTE.length])
                : colour;
            return {
                label: one.label,
                data: one.values,
                backgroundColor: colours,
                borderColor: kind === "line" ? colour : "#ffffff",
                borderWidth: kind === "line" ? 2 : this.isRound ? 2 : 0,
                tension: 0.2,
                pointRadius: 3,
                spanGaps: false,
                maxBarThickness: 64,
            };
        });
        return [...sets, ...this.lineDataset];
    }

    /** A target: the same value under every label. */
    get lineDataset() {
        const { line, labels } = this.props.section;
        if (!line) {
            return [];
        }
        return [
            {
                type: "line",
                label: line.label,
                data: labels.map(() => line.value),
                borderColor: TONES.bad,
                borderDash: [6, 4],
                borderWidth: 2,
                pointRadius: 0,
            },
        ];
    }

    get scales() {
        if (this.isRound) {
            return {};
        }
        const stacked = this.props.section.kind === "stacked";
        return {
            x: { stacked, grid: { display: false } },
            y: {
                stacked,
                beginAtZero: this.props.section.kind !== "line",
                ticks: { callback: (value) => this.format(value, true), maxTicksLimit: 6 },
            },
        };
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (this.isEmpty) {
            return;
        }
        const { kind, labels, drills } = this.props.section;
        const sets = this.datasets;
        this.chart = new window.Chart(this.canvas.el, {
            type: kind === "stacked" ? "bar" : kind,
            data: { labels, datasets: sets },
            options: {
                maintainAspectRatio: false,
                animation: false,
                scales: this.scales,
                plugins: {
                    legend: { display: this.isRound || sets.length > 1, position: "bottom" },
                    tooltip: {
                        callbacks: {
                            label: ({ dataset, raw, label }) =>
                                `${this.isRound ? label : dataset.label}: ${this.format(raw)}`,
                        },
                    },
                },
                onHover: (ev, found) => {
                    const can = drills.length && found.length;
                    ev.native.target.style.cursor = can ? "pointer" : "";
                },
                onClick: (_ev, found) => {
                    const key = found.length && drills[found[0].index];
                    if (key) {
                        this.props.openDrill(key);
                    }
                },
            },
        });
    }
}
