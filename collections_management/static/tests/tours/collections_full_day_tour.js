import { registry } from "@web/core/registry";

import { isAt, key, locate, note, tally, unplug } from "./my_day";
import { back, choose, confirm, fits, goTo, press } from "./screen";

const { DateTime } = luxon;

const KEYS = {
    promise: "1",
    no_answer: "2",
    wrong_number: "4",
    refuses: "5",
    disputes: "6",
    call_back: "7",
    paid: "9",
    instalments: "a",
};
const tap = (trigger) => ({ content: `Tap ${trigger}`, trigger, run: "click" });

/** At a desk: one key each. */
const keys = {
    call: [key("c", "Call")],
    callOutcome: (code) => [key(KEYS[code], code)],
    outcome: (code) => [key(KEYS[code], code)],
    visit: [key("v", "Visit")],
    note: [key("n", "Note")],
    skip: [key("s", "Put off")],
};

/** On a phone: the bar at the bottom, the sheet over it, and the buttons of the card. */
const thumb = {
    call: [tap(".o_collections_bar_bottom [data-do=call]")],
    callOutcome: (code) => [tap(`.o_collections_sheet [data-code=${code}]`)],
    outcome: (code) => [
        tap("body:not(:has(.o_collections_sheet)) .o_collections_bar_bottom [data-do=more]"),
        tap(`.o_collections_sheet [data-code=${code}]`),
    ],
    visit: [tap(".o_collections_bar_bottom [data-do=visit]")],
    note: [tap(".o_collections_card [data-do=note]")],
    skip: [tap(".o_collections_card [data-do=skip]")],
};

const promises = (hand) => [
    ...hand.call,
    { content: "It was dialled", trigger: "body[data-opened^='tel:']" },
    ...hand.callOutcome("promise"),
    {
        content: "He hangs up before he names a day: nothing is noted",
        trigger: ".modal .o_collections_promise_new",
    },
    tap(".modal footer button:contains(Discard)"),
    isAt("Debtor 01"),
    tally("0 of 10"),
    ...hand.outcome("promise"),
    {
        content: "He calls back: less than all of it",
        trigger: ".modal div[name=amount] input",
        run: "edit 400",
    },
    fits(".modal"),
    tap(".modal footer button:contains(Record the Promise)"),
];

const disputes = (hand) => [
    ...hand.outcome("disputes"),
    {
        content: "A part is wrong",
        trigger: ".modal div[name=amount] input",
        run: "edit 200",
    },
    ...choose(".modal div[name=reason_id]", "Price"),
    {
        trigger: ".modal div[name=description] textarea",
        run: "edit The price was 10, not 12",
    },
    fits(".modal"),
    tap(".modal footer button:contains(Open the Dispute)"),
];

const callsBack = (hand) => [
    ...hand.outcome("call_back"),
    {
        content: "On a day and at an hour",
        trigger: ".o_dialog input[type=datetime-local]",
        run() {
            const day = DateTime.local().plus({ days: 2 });
            this.anchor.value = day.toFormat("yyyy-MM-dd'T'15:30");
            this.anchor.dispatchEvent(new Event("input"));
        },
    },
    {
        trigger: ".o_dialog input[type=text]",
        run: "edit Ask for Rosa",
    },
    fits(".modal"),
    note,
];

const visits = (hand) => [
    ...hand.visit,
    {
        content: "The phone knows where it is",
        trigger: ".o_collections_position:contains(8 m)",
    },
    tap(".o_dialog button[data-code=visit_paid]"),
    {
        content: "The receipt",
        trigger: ".o_dialog input[type=text]",
        run: "edit R-77",
    },
    fits(".modal"),
    note,
];

const agrees = (hand) => [
    ...hand.outcome("instalments"),
    {
        content: "A schedule is there already; he wants five",
        trigger: ".modal .o_field_widget[name=count] input",
        run: "edit 5 && press Tab",
    },
    { trigger: ".modal .alert-info:contains(5 instalments)" },
    fits(".modal"),
    tap(".modal footer button[name=action_propose]"),
    fits(".o_form_view div[name=state_text]:contains(Waits for the debtor's signature)"),
    back,
];

const writesDownAndRefuses = (hand) => [
    ...hand.note,
    {
        content: "A note",
        trigger: ".o_dialog textarea",
        run: "edit He moved to Ayacucho",
    },
    note,
    { trigger: "body:not(:has(.o_dialog)) .o_collections_card_name:contains(Debtor 08)" },
    ...hand.outcome("refuses"),
];

const putsOff = (hand) => [
    ...hand.skip,
    {
        content: "Not without a reason",
        ...note,
    },
    { trigger: ".o_dialog .alert-danger:contains(Say why)" },
    tap(".o_dialog .btn-outline-secondary:contains(The debtor is away)"),
    fits(".modal"),
    note,
];

/** Ten debtors, from the first call to the last. */
function morning(hand) {
    const cases = [
        promises,
        disputes,
        callsBack,
        visits,
        agrees,
        () => hand.outcome("no_answer"),
        () => hand.outcome("wrong_number"),
        writesDownAndRefuses,
        putsOff,
        () => hand.outcome("paid"),
    ];
    return [
        isAt("Debtor 01"),
        unplug(),
        locate({ latitude: -12.05, longitude: -77.04, accuracy: 8 }),
        ...cases.flatMap((work, place) => [
            isAt(`Debtor ${String(place + 1).padStart(2, "0")}`),
            ...(place ? [tally(`${place} of 10`)] : []),
            fits("body:not(:has(.modal)) .o_collections_card"),
            ...work(hand),
        ]),
        { content: "A morning's work", trigger: ".o_collections_finished" },
        tally("10 of 10"),
        fits(".o_collections_finished"),
    ];
}

for (const [name, hand] of Object.entries({ desk: keys, phone: thumb })) {
    registry.category("web_tour.tours").add(`collections_morning_${name}_tour`, {
        steps: () => morning(hand),
    });
}

/** The row of a debtor in a list, or the card on a phone. */
const row = (name, column = "") =>
    `.o_data_row:contains(${name}) ${column}, .o_kanban_view .o_kanban_record:contains(${name})`;

/** Open what waits, read it, and decide. */
const approve = (menu, name, column, why, button) => [
    ...goTo(menu),
    {
        content: `What waits: ${name}`,
        trigger: row(name, `td[name=${column}]`),
        run: "click",
    },
    fits(`.o_form_view .alert-warning:contains(${why})`),
    ...press(button, "Yes"),
];

const board = (name) => `.o_kanban_record:contains(${name}):contains(overdue)`;

registry.category("web_tour.tours").add("collections_approvals_tour", {
    steps: () => [
        fits(board("Ana")),
        ...approve(
            "collections_promise_menu_to_approve",
            "Bodega Uno",
            "case_id",
            "More than 7 days",
            "action_approve",
        ),
        { content: "It stands", trigger: "div[name=state_text]:contains(Expected on)" },
        ...approve(
            "collections_agreement_menu_to_approve",
            "Casa Dos",
            "case_id",
            "iscount",
            "action_approve",
        ),
        {
            content: "It goes to the debtor",
            trigger: "div[name=state_text]:contains(Waits for the debtor's signature)",
        },
        ...approve(
            "collections_fee_menu",
            "Taller Tres",
            "partner_id",
            "asks to give this fee up",
            "action_grant_waiver",
        ),
        confirm,
        {
            content: "It is waived",
            trigger: ".o_form_view:not(:has(.alert-warning)) .o_statusbar_status :contains(Waived)",
        },
        ...goTo("collections_board_menu"),
        {
            content: "Ben is away: his work goes to Ana",
            trigger: `${board("Ben")} button[name=action_reassign]`,
            run: "click",
        },
        ...choose(".modal .o_collections_reassign div[name=user_id]", "Ana"),
        fits(".modal .o_collections_reassign_preview:contains(+3)"),
        tap(".modal button[name=action_confirm]"),
        fits(`body:not(:has(.modal)) ${board("Ana")}:contains(6 cases)`),
    ],
});

registry.category("web_tour.tours").add("collections_write_off_ask_tour", {
    steps: () => [
        {
            content: "The queue of what nobody collects any more",
            trigger: row("Ferretería Lima", "td[name=partner_id]"),
            run: "click",
        },
        { trigger: ".o_collections_case_form div[name=receivable_line_ids]:contains(INV/)" },
        ...press("action_write_off", "Give it up"),
        { trigger: ".o_collections_write_off_form div[name=line_ids]:contains(12,000.00)" },
        ...choose(".o_field_widget[name=reason_id]", "Debtor insolvent"),
        tap("a[name=evidence]"),
        fits("div[name=check_ids]:contains(Old):contains(Met)"),
        ...press("action_request", "Ask for it"),
        {
            content: "It is above the limit of one person",
            trigger: ".o_collections_write_off_form div[name=requested_by_id]",
        },
        fits(".o_collections_write_off_form"),
    ],
});

registry.category("web_tour.tours").add("collections_write_off_approve_tour", {
    steps: () => [
        {
            content: "What waits for a second person",
            trigger: row("Ferretería Lima", "td[name=partner_id]"),
            run: "click",
        },
        tap("a[name=evidence]"),
        fits("div[name=check_ids]:contains(Met)"),
        ...press("action_approve", "Approve"),
        confirm,
        { trigger: ".alert-info:contains(being made in the background)" },
        ...press("action_make_dossier", "Do not wait for it"),
        {
            content: "The dossier is there",
            trigger: "div[name=dossier_ids]:contains(pdf)",
            timeout: 60000,
        },
        tap("div[name=dossier_ids] .caption a[href]:contains(.pdf)"),
        fits(".o_collections_write_off_form"),
    ],
});
