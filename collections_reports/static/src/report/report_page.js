import { router } from "@web/core/browser/router";
import { _t } from "@web/core/l10n/translation";
import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useSetupAction } from "@web/search/action_hook";

import { Component, onWillStart, useState } from "@odoo/owl";

import { ReportChart } from "./report_chart";
import { ReportFigures } from "./report_figures";
import { ReportFilters } from "./report_filters";
import { assemble, getParts } from "./report_parts";
import { ReportTable } from "./report_table";

/** One report of collections: its filters, kept in the address, and its document. */
export class ReportPage extends Component {
    static template = "collections_reports.ReportPage";
    static components = { ReportChart, ReportFigures, ReportFilters, ReportTable };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.code = this.props.action.params.code;
        this.state = useState({
            filters: [],
            options: {},
            page: null, // the document, with places for what takes longer
            answers: {}, // what its parts have brought
            checks: [],
            loading: false,
            error: null,
            currencies: {},
        });
        useSetupAction({ getLocalState: () => ({ options: this.state.options }) });
        onWillStart(() => this.load(this.firstOptions));
    }

    /** What the page begins with: where one comes back to, what was asked for, the address. */
    get firstOptions() {
        if (this.props.state?.options) {
            return this.props.state.options;
        }
        if (this.props.action.params.options) {
            return this.props.action.params.options;
        }
        try {
            const { code, ...options } = JSON.parse(router.current.filters || "{}");
            return code === this.code ? options : {};
        } catch {
            return {};
        }
    }

    /** The document as far as it has come. */
    get document() {
        const { page, answers } = this.state;
        return page && assemble(page, answers);
    }

    get isComplete() {
        const { page, answers } = this.state;
        return !this.state.loading && getParts(page).every((part) => part in answers);
    }

    async load(options) {
        const asked = {};
        this.asked = asked; // an answer that comes after a later question is dropped
        this.state.loading = true;
        try {
            const args = [this.code, options];
            const page = await this.orm.silent.call("collections.report", "get_page", args);
            if (this.asked === asked) {
                this.show(page);
                this.keepAddress();
                this.complete(asked);
            }
        } catch (error) {
            if (this.asked === asked) {
                this.state.error = error.data?.message || _t("The report cannot be read now.");
                this.state.options = { ...this.state.options, ...options };
            }
        } finally {
            if (this.asked === asked) {
                this.state.loading = false;
            }
        }
    }

    show(page) {
        const { filters, options, document } = page;
        Object.assign(this.state, { filters, options, page: document });
        Object.assign(this.state, { answers: {}, checks: [], error: null });
        this.state.currencies = { ...document.currencies };
        this.env.config.setDisplayName?.(document.title);
    }

    /** What takes longer follows what is shown at once. */
    async complete(asked) {
        const { page, options } = this.state;
        await Promise.all(getParts(page).map((part) => this.loadPart(asked, options, part)));
        await this.check(asked);
    }

    async loadPart(asked, options, part) {
        const args = [this.code, options, part];
        const answer = await this.orm.silent
            .call("collections.report", "get_part", args)
            .catch(() => null);
        if (this.asked !== asked) {
            return;
        }
        this.state.answers[part] = answer;
        Object.assign(this.state.currencies, answer?.currencies);
        if (!answer) {
            this.state.error = _t("The rest of the report cannot be read now.");
        }
    }

    /** What holds the report against the books comes after it, and not at all if it cannot. */
    async check(asked) {
        const args = [this.code, this.state.options];
        const checks = await this.orm.silent
            .call("collections.report", "get_checks", args)
            .catch(() => []);
        if (this.asked === asked) {
            this.state.checks = checks;
        }
    }

    get notes() {
        return [...this.state.page.notes, ...this.state.checks];
    }

    keepAddress() {
        const changed = { code: this.code };
        for (const filter of this.state.filters) {
            const value = this.state.options[filter.name];
            const set = Array.isArray(value) ? value.length : value !== (filter.default ?? null);
            if (set && !(value === false && !filter.default)) {
                changed[filter.name] = value;
            }
        }
        const more = Object.keys(changed).length > 1;
        this.props.updateActionState?.({ filters: more ? JSON.stringify(changed) : undefined });
    }

    setOption(name, value) {
        this.load({ ...this.state.options, [name]: value });
    }

    reset() {
        this.load({});
    }

    showMore() {
        this.load({ ...this.state.options, limit: this.state.options.limit * 2 });
    }

    get canShowMore() {
        return this.state.filters.some((filter) => filter.name === "limit");
    }

    async getRows(key) {
        const options = this.state.options;
        const args = [this.code, options, key];
        const found = await this.orm.call("collections.report", "get_rows", args);
        Object.assign(this.state.currencies, found.currencies);
        return found.rows;
    }

    async openDrill(key) {
        const args = [this.code, this.state.options, key];
        const action = await this.orm.call("collections.report", "open_drill", args);
        await this.action.doAction(action);
    }

    openRecord(record) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: record.model,
            res_id: record.id,
            views: [[false, "form"]],
        });
    }

    async export(kind) {
        await download({
            url: `/collections/report/${this.code}/${kind}`,
            data: { options: JSON.stringify(this.state.options) },
        });
    }

    async sendRegularly() {
        const args = [this.code, this.state.options];
        const action = await this.orm.call("collections.report", "open_schedule", args);
        await this.action.doAction(action);
    }
}

registry.category("actions").add("collections_report", ReportPage);
