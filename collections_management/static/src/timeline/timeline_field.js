import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

import { onMounted, onWillUnmount, useExternalListener, useRef, useState } from "@odoo/owl";
import { getFreeDay, getRange, getScale, getTicks, setRows } from "./scale";

const CARD_WIDTH = 140;
const CARD_HEIGHT = 62;
const DRAG_THRESHOLD = 5;

/**
 * The steps of a strategy as cards on a time axis around the due date, above their list.
 *
 * Drag a card, or press the arrow keys on it, to move the step, which is said aloud too; click it, or
 * press Enter on it, to edit it; click the axis, or use the list, to add one. The records need the fields `days`, `name`, `icon`, `tone`, `mode` and `mandatory`.
 */
export class TimelineField extends X2ManyField {
    static template = "collections_management.TimelineField";

    setup() {
        super.setup();
        this.axis = useRef("axis");
        this.state = useState({ width: 0, drag: null, said: "" });
        this.observer = new ResizeObserver(() => this.measure());
        // The pointer is followed wherever it goes while a card is dragged.
        useExternalListener(window, "pointermove", (ev) => this.onPointerMove(ev));
        useExternalListener(window, "pointerup", (ev) => this.onPointerUp(ev));
        useExternalListener(window, "pointercancel", () => this.onPointerCancel());
        onMounted(() => {
            if (this.axis.el) {
                this.measure();
                this.observer.observe(this.axis.el);
            }
        });
        onWillUnmount(() => this.observer.disconnect());
    }

    measure() {
        this.state.width = Math.floor(this.axis.el?.clientWidth || 0);
    }

    get showsTimeline() {
        return !this.env.isSmall;
    }

    get addTitle() {
        return _t("Click to add a step on this day");
    }

    get steps() {
        return this.list.records.filter((record) => record.data.active !== false);
    }

    get range() {
        // What is being dragged must not change the scale under the pointer.
        return this.state.drag?.range || getRange(this.steps.map((record) => record.data.days));
    }

    get scale() {
        return getScale(this.range, this.state.width || 1);
    }

    get ticks() {
        return getTicks(this.range, this.state.width).map((day) => ({
            day,
            label: day > 0 ? `+${day}` : `${day}`,
            x: this.scale.toX(day),
        }));
    }

    get duePosition() {
        return this.scale.toX(0);
    }

    getDays(record) {
        const { drag } = this.state;
        return drag?.id === record.id ? drag.days : record.data.days;
    }

    get cards() {
        if (!this.state.width) {
            this.rowCount = 1;
            return [];
        }
        // Told in the order of the list: a card that changes its place in the document while it is
        // dragged or moved by keys would lose the pointer and the focus.
        const cards = this.steps.map((record) => this.getCard(record));
        const fromLeft = [...cards].sort((one, other) => one.left - other.left);
        this.rowCount = setRows(fromLeft, CARD_WIDTH + 6);
        return cards.map((card) => ({
            ...card,
            top: card.row * (CARD_HEIGHT + 10),
            stem: (this.rowCount - card.row) * (CARD_HEIGHT + 10) - CARD_HEIGHT,
        }));
    }

    getCard(record) {
        const { data } = record;
        const days = this.getDays(record);
        const x = this.scale.toX(days);
        const left = Math.max(0, Math.min(x - CARD_WIDTH / 2, this.state.width - CARD_WIDTH));
        const offset = days > 0 ? `+${days}` : `${days}`;
        const words = [this.getLabel(record, "tone"), this.getLabel(record, "mode")];
        return {
            id: record.id,
            record,
            left,
            stemLeft: x - left,
            offset,
            name: data.name || "",
            icon: data.icon || "fa-circle-o",
            tone: data.tone,
            toneLabel: words[0],
            mode: data.mode,
            modeIcon: { approval: "fa-hand-paper-o", manual: "fa-user-o" }[data.mode],
            modeLabel: words[1],
            mandatory: data.mandatory,
            isDragged: this.state.drag?.id === record.id,
            label: [
                _t("%(name)s, day %(day)s", { name: data.name || "", day: offset }),
                ...words,
                data.mandatory ? _t("mandatory") : "",
            ]
                .filter(Boolean)
                .join(", "),
        };
    }

    getLabel(record, name) {
        const { selection } = record.fields[name];
        return selection.find(([value]) => value === record.data[name])?.[1] || "";
    }

    get areaHeight() {
        return this.rowCount * (CARD_HEIGHT + 10);
    }

    /** The days of the steps other than this one. */
    getTaken(record) {
        return new Set(
            this.list.records.filter((other) => other !== record).map((other) => other.data.days),
        );
    }

    async move(record, days, direction) {
        const free = getFreeDay(days, this.getTaken(record), direction);
        if (!this.props.readonly && free !== undefined && free !== record.data.days) {
            await record.update({ days: free });
            const day = free > 0 ? `+${free}` : `${free}`;
            this.state.said = _t("%(name)s, day %(day)s", { name: record.data.name || "", day });
        }
    }

    edit(record) {
        return this._openRecord({ record, readonly: this.props.readonly });
    }

    add(day) {
        const days = getFreeDay(day, this.getTaken());
        return this._openRecord({ context: { ...this.props.context, default_days: days } });
    }

    onAxisClick(ev) {
        if (this.props.readonly) {
            return;
        }
        const { left } = this.axis.el.getBoundingClientRect();
        this.add(this.scale.toDay(ev.clientX - left));
    }

    onPointerDown(record, ev) {
        if (ev.button || this.props.readonly) {
            return;
        }
        this.ignoreClick = false;
        this.state.drag = {
            id: record.id,
            record,
            pointerId: ev.pointerId,
            startX: ev.clientX,
            startDays: record.data.days,
            days: record.data.days,
            range: this.range,
            moved: false,
        };
    }

    onPointerMove(ev) {
        const { drag } = this.state;
        if (!drag || ev.pointerId !== drag.pointerId) {
            return;
        }
        const distance = ev.clientX - drag.startX;
        drag.moved ||= Math.abs(distance) > DRAG_THRESHOLD;
        if (drag.moved) {
            const { from, to } = drag.range;
            const days = drag.startDays + this.scale.toDays(distance);
            drag.days = Math.max(from, Math.min(days, to));
        }
    }

    async onPointerUp(ev) {
        const { drag } = this.state;
        if (!drag || ev.pointerId !== drag.pointerId) {
            return;
        }
        if (drag.moved) {
            // The click that ends a drag is none; the next one is.
            this.ignoreClick = true;
            browser.setTimeout(() => (this.ignoreClick = false));
            await this.move(drag.record, drag.days);
        }
        this.state.drag = null;
    }

    onPointerCancel() {
        this.state.drag = null;
    }

    onCardClick(record) {
        if (this.ignoreClick) {
            this.ignoreClick = false;
            return;
        }
        this.edit(record);
    }

    onKeydown(record, ev) {
        const sign = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (sign) {
            ev.preventDefault();
            ev.stopPropagation();
            this.move(record, record.data.days + sign * (ev.shiftKey ? 7 : 1), sign);
        }
    }
}

export const timelineField = {
    ...x2ManyField,
    component: TimelineField,
    displayName: _t("Timeline of steps"),
    supportedTypes: ["one2many"],
};

registry.category("fields").add("collections_timeline", timelineField);
