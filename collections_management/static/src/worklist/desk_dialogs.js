import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";

import { Component, onWillStart, useState } from "@odoo/owl";

import { readPosition, shrinkPhoto } from "./device";

const { DateTime } = luxon;

/** What the dialogs of the desk share: a title, what to confirm, and the word for it. */
class DeskDialog extends Component {
    static components = { Dialog };
    static props = {
        close: Function,
        name: String,
        confirm: Function,
        reasons: { type: Array, optional: true },
        outcomes: { type: Array, optional: true },
        why: { type: String, optional: true },
    };

    setup() {
        this.state = useState({ error: "", busy: false, ...this.getStart() });
        useAutofocus();
    }

    getStart() {
        return { note: "" };
    }

    /** Do it, and stay open with the reason when it cannot be done. */
    async confirm(...values) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await this.props.confirm(...values);
            this.props.close();
        } catch (error) {
            this.state.error = error.data?.message || error.message;
        } finally {
            this.state.busy = false;
        }
    }
}

export class NoteDialog extends DeskDialog {
    static template = "collections_management.NoteDialog";

    onConfirm() {
        const note = this.state.note.trim();
        return note
            ? this.confirm(note)
            : Object.assign(this.state, { error: _t("Write something down first.") });
    }
}

/** The contact rules speak against it: why now, all the same? The log keeps the answer. */
export class ReasonDialog extends DeskDialog {
    static template = "collections_management.ReasonDialog";

    onConfirm() {
        const reason = this.state.note.trim();
        return reason
            ? this.confirm(reason)
            : Object.assign(this.state, { error: _t("Say why: the log keeps it.") });
    }
}

export class SkipDialog extends DeskDialog {
    static template = "collections_management.SkipDialog";

    getStart() {
        return { note: "", days: 1 };
    }

    onConfirm() {
        const reason = this.state.note.trim();
        return reason
            ? this.confirm(reason, parseInt(this.state.days, 10))
            : Object.assign(this.state, { error: _t("Say why: the supervisor reads it.") });
    }
}

export class CallbackDialog extends DeskDialog {
    static template = "collections_management.CallbackDialog";

    getStart() {
        return { note: "", moment: this.choices[0].value };
    }

    get choices() {
        const now = DateTime.local();
        const soon = now.plus({ hours: 1 });
        const tomorrow = now.plus({ days: 1 }).startOf("day");
        const monday = now.plus({ days: 8 - now.weekday }).startOf("day");
        return [
            { label: _t("In an hour"), moment: soon },
            { label: _t("Tomorrow at 9"), moment: tomorrow.set({ hour: 9 }) },
            { label: _t("Tomorrow at 15"), moment: tomorrow.set({ hour: 15 }) },
            { label: _t("Monday at 9"), moment: monday.set({ hour: 9 }) },
        ].map(({ label, moment }) => ({ label, value: moment.toFormat("yyyy-MM-dd'T'HH:mm") }));
    }

    onConfirm() {
        const moment = DateTime.fromISO(this.state.moment);
        if (!moment.isValid || moment <= DateTime.local()) {
            this.state.error = _t("Choose a moment to come.");
            return undefined;
        }
        return this.confirm(moment.toUTC().toISO(), this.state.note.trim());
    }
}

export class VisitDialog extends DeskDialog {
    static template = "collections_management.VisitDialog";

    setup() {
        super.setup();
        this.moment = DateTime.utc().toISO(); // when the collector was there, not when it is sent
        onWillStart(() => {
            readPosition().then((position) => Object.assign(this.state, { position }));
        });
    }

    getStart() {
        return { note: "", receipt: "", outcome: 0, photo: "", position: null };
    }

    get positionText() {
        const { position } = this.state;
        if (!position) {
            return _t("Finding out where you are…");
        }
        return position.position_reason
            ? _t("No position: %s", position.position_reason)
            : _t("Position known to %s m", position.accuracy);
    }

    async onPhoto(ev) {
        const [file] = ev.target.files;
        this.state.error = "";
        try {
            this.state.photo = file ? await shrinkPhoto(file) : "";
        } catch {
            this.state.error = _t("This file is no photo.");
        }
    }

    onConfirm() {
        const { note, receipt, outcome, photo, position } = this.state;
        if (!outcome) {
            this.state.error = _t("Say what came of the visit.");
            return undefined;
        }
        const unknown = { position_reason: _t("It took too long") };
        return this.confirm({
            outcome,
            moment: this.moment,
            note: note.trim(),
            receipt: receipt.trim(),
            photo,
            ...(position || unknown),
        });
    }
}

export class HelpDialog extends Component {
    static components = { Dialog };
    static template = "collections_management.HelpDialog";
    static props = { close: Function, keys: Array };
}
