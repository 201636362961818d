import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { useService } from "@web/core/utils/hooks";

import { CallbackDialog, NoteDialog, ReasonDialog, SkipDialog, VisitDialog } from "./desk_dialogs";
import { makeUuid } from "./device";

/** The consequences that begin with a question. */
const ASKING = ["promise", "dispute", "agreement", "callback"];

/** Leave the page for the telephone or another program; replaced in tests. */
export const outside = {
    open: (url) => {
        const link = document.createElement("a");
        Object.assign(link, { href: url, rel: "noopener noreferrer" });
        link.target = url.startsWith("http") ? "_blank" : "_self";
        link.click();
    },
};

/**
 * What can be done with a case, at the list of the day and on its own page.
 *
 * @param {Object} place
 * @param {() => Object} place.getCard the card of the case at hand
 * @param {() => Object} place.getDesk `{outcomes, skip_reasons}`
 * @param {() => Object} place.getValues what is sent beside, e.g. the case to go on with
 * @param {(answer: Object | null) => any} place.onDone after it was done; null: it waits
 * @param {(medium: string) => any} place.onContact after a call or a message went out
 */
export function useDesk({ getCard, getDesk, getValues, onDone, onContact }) {
    const orm = useService("orm");
    const action = useService("action");
    const dialog = useService("dialog");
    const notification = useService("notification");
    const queue = useService("collections_desk_queue");
    // why a contact is made against the contact rules, until its outcome is noted
    let excuse = { case: false, reason: "" };

    async function call(method, args, values = {}) {
        const { case: caseId } = getCard();
        const answer = await orm.call("collections.case", method, [
            [caseId],
            ...args,
            { ...getValues(), ...values },
        ]);
        await onDone(answer);
    }

    /** The values of a contact that is made now. */
    function makeContact(values) {
        const { case: caseId } = getCard();
        const why = excuse.case === caseId && excuse.reason ? { reason: excuse.reason } : {};
        return { uuid: makeUuid(), moment: new Date().toISOString(), ...why, ...values };
    }

    /** Ask why a contact is made against the contact rules, then go on. */
    function askReason(why, work) {
        const { case: caseId } = getCard();
        open(ReasonDialog, {
            why,
            confirm: (reason) => {
                excuse = { case: caseId, reason };
                return work(reason);
            },
        });
    }

    /** What must not be lost: it waits on the device while there is no connection. */
    async function callSafely(method, args, values) {
        const { case: caseId, name } = getCard();
        const sent = makeContact(values);
        const answer = await queue.add({
            uuid: sent.uuid,
            name,
            caseId,
            method,
            args: [...args, { ...getValues(), ...sent }],
        });
        if (answer?.follow?.ask === "reason") {
            const again = (reason) => callSafely(method, args, { ...sent, reason });
            return askReason(answer.follow.why, again);
        }
        if (!answer) {
            notification.add(_t("No connection: kept here and sent later."), { type: "warning" });
        }
        excuse = { case: false, reason: "" };
        await onDone(answer);
        return answer;
    }

    /** Go on in the conversation of Odoo, where the company has the channel for it. */
    async function chat(person, reason = "") {
        const { case: caseId } = getCard();
        const answer = await orm.call("collections.case", "work_conversation", [
            [caseId],
            person.id,
            { reason },
        ]);
        return action.doAction(answer);
    }

    /** Whom one writes to: who talks with us already, else the first who can be. */
    function findWritable() {
        const people = getCard().people.filter((one) => one.whatsapp && !one.bad_phone);
        return people.find((one) => one.chat === "open") || people[0];
    }

    function open(Component, props) {
        dialog.add(Component, { name: getCard().name, ...props });
    }

    /** Ask for the reason first when the contact rules speak against a contact at this moment. */
    function warned(medium, work) {
        const { warning, warnings = { call: warning } } = getCard();
        return warnings[medium] ? askReason(warnings[medium], work) : work();
    }

    async function follow(result) {
        if (result?.ask === "callback") {
            desk.callback();
        } else if (result?.type) {
            await action.doAction(result, { onClose: () => onDone(undefined) });
        }
    }

    /** Ask what an outcome asks for; it is noted with the answer, or not at all. */
    async function ask(outcome, values) {
        const contact = makeContact(values); // once more with its reason, it is the same contact
        if (outcome.consequence === "callback") {
            open(CallbackDialog, {
                confirm: (callback, note) =>
                    callSafely("work_outcome", [outcome.id], { ...contact, callback, note }),
            });
            return;
        }
        try {
            const { case: caseId } = getCard();
            const answer = await orm.call("collections.case", "work_outcome", [
                [caseId],
                outcome.id,
                contact,
            ]);
            if (answer.follow?.ask === "reason") {
                askReason(answer.follow.why, (reason) => ask(outcome, { ...contact, reason }));
                return;
            }
            await follow(answer.follow);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            await callSafely("work_outcome", [outcome.id], { ...contact, late: true });
        }
    }

    const desk = {
        get goodPhone() {
            return getCard()?.people.find((person) => person.phone && !person.bad_phone);
        },
        get outcomes() {
            return getDesk().outcomes || [];
        },
        getOutcomes(medium) {
            const media = medium === "written" ? ["written"] : ["any", medium];
            return desk.outcomes.filter((outcome) => media.includes(outcome.medium));
        },
        call(person = desk.goodPhone) {
            if (!person) {
                return notification.add(_t("No phone that works."), { type: "warning" });
            }
            return warned("call", () => {
                outside.open(`tel:${person.dial}`);
                return onContact("call", person);
            });
        },
        whatsapp(person = findWritable()) {
            if (!person) {
                return notification.add(_t("No number for WhatsApp."), { type: "warning" });
            }
            if (person.chat) {
                return warned("written", (reason) => chat(person, reason));
            }
            return warned("written", () => {
                const text = encodeURIComponent(getCard().whatsapp);
                outside.open(`https://wa.me/${person.whatsapp}?text=${text}`);
                return onContact("written", person);
            });
        },
        email(person = getCard().people.find((one) => one.email && !one.bad_email)) {
            const card = getCard();
            return action.doAction(
                {
                    type: "ir.actions.act_window",
                    name: _t("E-mail to %s", card.name),
                    res_model: "mail.compose.message",
                    views: [[false, "form"]],
                    target: "new",
                    context: {
                        default_model: "collections.case",
                        default_res_ids: [card.case],
                        default_composition_mode: "comment",
                        default_partner_ids: person ? [person.id] : [],
                    },
                },
                { onClose: () => onDone(undefined) },
            );
        },
        async task() {
            const result = await orm.call("collections.case", "action_plan_task", [
                [getCard().case],
            ]);
            return follow(result);
        },
        note() {
            const { case: next } = getCard(); // whoever writes something down is not done yet
            open(NoteDialog, { confirm: (note) => call("work_note", [note], { next }) });
        },
        skip() {
            open(SkipDialog, {
                reasons: getDesk().skip_reasons || [],
                confirm: (reason, days) => call("work_skip", [reason], { days }),
            });
        },
        callback() {
            open(CallbackDialog, {
                confirm: (moment, note) => call("work_callback", [moment], { note }),
            });
        },
        visit() {
            const { case: here } = getCard();
            const confirm = async (values) => {
                const outcome = desk.outcomes.find(({ id }) => id === values.outcome);
                const next = ASKING.includes(outcome.consequence) ? { next: here } : {};
                const answer = await callSafely("work_visit", [], { ...values, ...next });
                await follow(answer?.follow);
            };
            return warned("visit", () =>
                open(VisitDialog, { outcomes: desk.getOutcomes("visit"), confirm }),
            );
        },
        /** Note an outcome with what it asks for, and do what follows from it. */
        async outcome(outcome, { medium = "call", person } = {}) {
            const work = () => {
                const values = { medium, person: person?.id || desk.goodPhone?.id || false };
                return ASKING.includes(outcome.consequence)
                    ? ask(outcome, values)
                    : callSafely("work_outcome", [outcome.id], values);
            };
            if (outcome.consequence === "deceased") {
                return dialog.add(ConfirmationDialog, {
                    title: outcome.name,
                    body: _t(
                        "%s is left alone for good and the supervisor gets a task.",
                        getCard().name,
                    ),
                    confirm: work,
                    cancel: () => {},
                });
            }
            return work();
        },
        named(code) {
            return desk.outcomes.find((outcome) => outcome.consequence === code);
        },
        follow,
    };
    return desk;
}
