import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import {
    Component,
    onMounted,
    onWillStart,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";

import { formatHour, formatMoney } from "./format";
import { useDesk } from "./desk";
import { HelpDialog } from "./desk_dialogs";
import { WorklistCard } from "./worklist_card";

const AHEAD = 3; // cards that are there before they are wanted
const SWIPE = 70; // pixels to the side, and clearly not up or down

/** The collector's day: the list of who to work, and one debtor at a time. */
export class Worklist extends Component {
    static template = "collections_management.Worklist";
    static components = { WorklistCard };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.ui = useState(useService("ui"));
        this.queue = useService("collections_desk_queue");
        this.waiting = useState(this.queue.state);
        this.card = useRef("card");
        this.main = useRef("main");
        this.cards = new Map();
        this.state = useState({
            day: { rows: [], people: [], outcomes: [], own: true, done: 0, total: 0 },
            selected: false,
            mode: "focus",
            medium: "call",
            person: null,
            sheet: false,
            offline: false,
        });
        this.desk = useDesk({
            getCard: () => this.current,
            getDesk: () => this.state.day,
            getValues: () => ({ day: true, next: this.next }),
            onDone: (answer) => this.onDone(answer),
            onContact: (medium, person) => this.onContact(medium, person),
        });
        onWillStart(() => this.load());
        onMounted(() => this.lookAhead());
        useExternalListener(window, "keydown", (ev) => this.onKey(ev));
        useEffect(
            () => {
                const row = this.main.el?.querySelector("[aria-current=true]");
                row?.scrollIntoView({ block: "nearest" });
            },
            () => [this.state.selected],
        );
    }

    // -- what is shown ---------------------------------------------------------------------------

    get rows() {
        return this.state.day.rows;
    }

    get todo() {
        return this.rows.filter((row) => row.state === "todo");
    }

    /** The card at hand; without a connection what the list knows of it. */
    get current() {
        const { selected } = this.state;
        const row = this.rows.find((one) => one.case === selected);
        return this.cards.get(selected) || (row ? this.makeShortCard(row) : null);
    }

    makeShortCard(row) {
        return {
            case: row.case,
            name: row.name,
            currency: this.state.day.currency,
            overdue: row.amount,
            days: row.days,
            band: row.band,
            bars: [],
            why: row.why ? [[row.why, 0]] : [],
            risks: [],
            people: [],
            receivables: [],
            promises: [],
            history: [],
            isShort: true,
        };
    }

    /** The case that follows the one at hand. */
    get next() {
        const ids = this.todo.map((row) => row.case);
        const place = this.rows.findIndex((row) => row.case === this.state.selected);
        const after = this.rows.slice(place + 1).find((row) => row.state === "todo");
        return after?.case || ids.find((id) => id !== this.state.selected) || false;
    }

    get isReadonly() {
        return !this.state.day.own;
    }

    get progress() {
        const { done, total } = this.state.day;
        return total ? Math.round((100 * done) / total) : 0;
    }

    get progressText() {
        return _t("%(done)s of %(total)s", this.state.day);
    }

    get promisedText() {
        const { promised, currency } = this.state.day;
        return promised === false || promised === undefined
            ? ""
            : _t("%s promised today", formatMoney(promised, currency));
    }

    get showsList() {
        return this.state.mode === "list" || !this.ui.isSmall;
    }

    get showsCard() {
        return this.state.mode === "focus" || !this.ui.isSmall;
    }

    get outcomes() {
        return this.desk.getOutcomes(this.state.medium);
    }

    formatAmount(row) {
        return formatMoney(row.amount, this.state.day.currency);
    }

    formatDays(row) {
        return row.days > 0 ? _t("%s d", row.days) : _t("not due");
    }

    formatHour(row) {
        return formatHour(row.callback);
    }

    get stateWords() {
        return { done: _t("Done"), skipped: _t("Put off") };
    }

    // -- loading ---------------------------------------------------------------------------------

    async load(user = this.state.day.user?.id || false) {
        try {
            const day = await this.orm.call("collections.worklist", "load_day", [], {
                user,
                case: this.state.selected,
            });
            this.show({ ...day });
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.offline = true;
        }
    }

    async loadMore() {
        this.show(await this.orm.call("collections.worklist", "load_more", []));
        this.lookAhead();
    }

    /** Show a list anew, and the card that came with it. */
    show(day) {
        Object.assign(this.state.day, day);
        this.state.offline = false;
        if (day.card) {
            this.cards.set(day.card.case, day.card);
            this.state.selected = day.card.case;
        } else {
            this.state.selected = false;
        }
    }

    /** Have the next cards ready: going on must take no time. */
    async lookAhead() {
        const place = this.rows.findIndex((row) => row.case === this.state.selected);
        const ahead = [...this.rows.slice(place + 1), ...this.rows]
            .filter((row) => row.state === "todo" && !this.cards.has(row.case))
            .map((row) => row.case);
        const wanted = [...new Set(ahead)].slice(0, AHEAD);
        if (wanted.length) {
            await this.fetch(wanted);
        }
    }

    async fetch(ids) {
        try {
            const found = await this.orm.silent.call("collections.worklist", "load_cards", [ids]);
            for (const card of Object.values(found)) {
                this.cards.set(card.case, card);
            }
            this.state.offline = false;
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.offline = true;
        }
    }

    async select(caseId) {
        if (!caseId) {
            return;
        }
        Object.assign(this.state, {
            selected: caseId,
            medium: "call",
            person: null,
            sheet: false,
            mode: this.ui.isSmall ? "focus" : this.state.mode,
        });
        if (!this.cards.has(caseId)) {
            await this.fetch([caseId]);
            this.render();
        }
        this.card.el?.scrollTo?.(0, 0);
        await this.lookAhead();
    }

    /** Go to the case before or after this one. */
    move(step) {
        const place = this.rows.findIndex((row) => row.case === this.state.selected);
        const row = this.rows[place + step];
        return row && this.select(row.case);
    }

    // -- what was done ---------------------------------------------------------------------------

    /**
     * @param {Object | null | undefined} answer the list anew; null: it waits for a connection;
     *     undefined: something was done elsewhere
     */
    async onDone(answer) {
        const done = this.state.selected;
        const { next } = this;
        Object.assign(this.state, { medium: "call", person: null, sheet: false });
        if (answer === null) {
            this.tick(this.rows.find((one) => one.case === done));
            return next && this.select(next);
        }
        this.cards.delete(done);
        if (answer === undefined) {
            await this.load();
        } else {
            this.show(answer);
        }
        const row = this.rows.find((one) => one.case === this.state.selected);
        if (answer === undefined && row && row.state !== "todo" && this.next) {
            await this.select(this.next);
        }
        return this.lookAhead();
    }

    /** Count a row as worked before the server knows. */
    tick(row) {
        if (row?.state === "todo") {
            row.state = "done";
            this.state.day.done += row.worked ? 0 : 1;
            row.worked = true;
        }
    }

    onContact(medium, person) {
        Object.assign(this.state, { medium, person, sheet: this.ui.isSmall });
    }

    chooseOutcome(outcome) {
        const { medium, person } = this.state;
        return this.desk.outcome(outcome, { medium, person });
    }

    openCase() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "collections.case",
            res_id: this.state.selected,
            views: [[false, "form"]],
        });
    }

    openCases() {
        return this.action.doAction("collections_management.collections_case_action_mine");
    }

    listen(ev) {
        this.state.selected = false;
        this.cards.clear();
        return this.load(parseInt(ev.target.value, 10) || false).then(() => this.lookAhead());
    }

    // -- keys and fingers ------------------------------------------------------------------------

    get keys() {
        const open = (consequence) => () => {
            const outcome = this.desk.named(consequence);
            return outcome && this.desk.outcome(outcome);
        };
        return {
            j: { label: _t("Next"), work: () => this.move(1) },
            k: { label: _t("Previous"), work: () => this.move(-1) },
            c: { label: _t("Call"), work: () => this.desk.call(), writes: true },
            w: { label: _t("WhatsApp"), work: () => this.desk.whatsapp(), writes: true },
            e: { label: _t("E-mail"), work: () => this.desk.email(), writes: true },
            p: { label: _t("Promise"), work: open("promise"), writes: true },
            d: { label: _t("Dispute"), work: open("dispute"), writes: true },
            a: { label: _t("Agreement"), work: open("agreement"), writes: true },
            b: { label: _t("Call back later"), work: () => this.desk.callback(), writes: true },
            s: { label: _t("Put Off"), work: () => this.desk.skip(), writes: true },
            v: { label: _t("Visit"), work: () => this.desk.visit(), writes: true },
            n: { label: _t("Note"), work: () => this.desk.note(), writes: true },
            t: { label: _t("Task"), work: () => this.desk.task(), writes: true },
            o: { label: _t("Open the case"), work: () => this.openCase() },
            "?": { label: _t("These keys"), work: () => this.help() },
        };
    }

    /** Keys are for the desk only while nobody types and nothing lies over it. */
    isTyping({ target, ctrlKey, metaKey, altKey }) {
        const field = target.closest?.("input, textarea, select, [contenteditable=true]");
        const over = document.querySelector(".o_dialog, .o_popover");
        return Boolean(ctrlKey || metaKey || altKey || field || over);
    }

    /** What a key does now, or nothing. */
    getKey(name) {
        const chosen = this.outcomes.find((outcome) => outcome.key === name);
        const key = chosen
            ? { work: () => this.chooseOutcome(chosen), writes: true }
            : this.keys[name];
        return key?.writes && (this.isReadonly || !this.current) ? undefined : key;
    }

    onKey(ev) {
        if (this.isTyping(ev)) {
            return undefined;
        }
        if (ev.key === "Escape" && this.state.sheet) {
            this.state.sheet = false;
            return undefined;
        }
        const key = this.getKey(ev.key);
        if (!key) {
            return undefined;
        }
        ev.preventDefault();
        return key.work();
    }

    help() {
        const keys = Object.entries(this.keys).map(([key, { label }]) => ({ key, label }));
        const numbers = this.desk.outcomes
            .filter((outcome) => outcome.key)
            .map((outcome) => ({ key: outcome.key, label: outcome.name }));
        this.dialog.add(HelpDialog, { keys: [...keys, ...numbers] });
    }

    onTouchStart(ev) {
        const [touch] = ev.touches;
        this.touch =
            ev.touches.length === 1 && !ev.target.closest("input, textarea, .o_collections_sheet")
                ? { x: touch.clientX, y: touch.clientY }
                : null;
    }

    onTouchEnd(ev) {
        if (!this.touch) {
            return undefined;
        }
        const [touch] = ev.changedTouches;
        const across = touch.clientX - this.touch.x;
        const down = touch.clientY - this.touch.y;
        this.touch = null;
        if (Math.abs(across) < SWIPE || Math.abs(across) < 2 * Math.abs(down)) {
            return undefined;
        }
        return this.move(across < 0 ? 1 : -1);
    }
}

registry.category("actions").add("collections_management.worklist", Worklist);
