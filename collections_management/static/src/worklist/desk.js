import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { CallbackDialog, NoteDialog, SkipDialog, VisitDialog } from "./desk_dialogs";
import { makeUuid } from "./device";

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

    async function call(method, args, values = {}) {
        const { case: caseId } = getCard();
        const answer = await orm.call("collections.case", method, [
            [caseId],
            ...args,
            { ...values, ...getValues() },
        ]);
        await onDone(answer);
    }

    /** What must not be lost: it waits on the device while there is no connection. */
    async function callSafely(method, args, values) {
        const { case: caseId, name } = getCard();
        const uuid = makeUuid();
        const sent = { ...values, uuid, moment: values.moment || new Date().toISOString() };
        const answer = await queue.add({
            uuid,
            name,
            caseId,
            method,
            args: [...args, { ...sent, ...getValues() }],
        });
        if (!answer) {
            notification.add(_t("No connection: kept here and sent later."), { type: "warning" });
        }
        await onDone(answer);
        return answer;
    }

    function open(Component, props) {
        dialog.add(Component, { name: getCard().name, ...props });
    }

    /** Ask first when the contact rules speak against a call at this moment. */
    function warned(work) {
        const { warning } = getCard();
        if (!warning) {
            return work();
        }
        return dialog.add(ConfirmationDialog, {
            title: _t("Not now, say the contact rules"),
            body: warning,
            confirmLabel: _t("Go On Anyway"),
            confirm: work,
            cancelLabel: _t("Leave It"),
            cancel: () => {},
        });
    }

    async function follow(result) {
        if (!result) {
            return;
        }
        if (result.ask === "callback") {
            desk.callback();
        } else if (result.type) {
            await action.doAction(result, { onClose: () => onDone(undefined) });
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
            return warned(() => {
                outside.open(`tel:${person.dial}`);
                return onContact("call", person);
            });
        },
        whatsapp(person = getCard().people.find((one) => one.whatsapp && !one.bad_phone)) {
            if (!person) {
                return notification.add(_t("No number for WhatsApp."), { type: "warning" });
            }
            return warned(() => {
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
            open(NoteDialog, { confirm: (note) => call("work_note", [note]) });
        },
        skip() {
            open(SkipDialog, {
                reasons: getDesk().skip_reasons || [],
                confirm: (reason, days) => call("work_skip", [reason], { days }),
            });
        },
        callback() {
            const values = getValues();
            const { case: caseId } = getCard();
            open(CallbackDialog, {
                confirm: async (moment, note) =>
                    onDone(
                        await orm.call("collections.case", "work_callback", [
                            [caseId],
                            moment,
                            { note, ...values },
                        ]),
                    ),
            });
        },
        visit() {
            open(VisitDialog, {
                outcomes: desk.getOutcomes("visit"),
                confirm: (values) => callSafely("work_visit", [], values),
            });
        },
        /** Note an outcome and do what follows from it, which is about the same case still. */
        async outcome(outcome, { medium = "call", person } = {}) {
            const work = async () => {
                const values = { medium, person: person?.id || desk.goodPhone?.id || false };
                const opening = ["promise", "dispute", "callback"].includes(outcome.consequence);
                if (opening) {
                    // what follows opens for this case: the next one comes after it
                    const answer = await stay(() =>
                        callSafely("work_outcome", [outcome.id], values),
                    );
                    await follow(answer?.follow);
                } else {
                    await callSafely("work_outcome", [outcome.id], values);
                }
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

    /** Do something without going on to the next case. */
    async function stay(work) {
        const normal = getValues;
        getValues = () => ({ ...normal(), next: getCard().case });
        try {
            return await work();
        } finally {
            getValues = normal;
        }
    }
    return desk;
}
