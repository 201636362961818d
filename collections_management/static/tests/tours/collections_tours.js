import { registry } from "@web/core/registry";

import { fits } from "./screen";
import { waitForSent } from "./waiting";

/** Press on an element, move that far to the side and let go, as a finger or a mouse does. */
function dragBy(element, distance, pointerType = "mouse") {
    const { x, y } = element.getBoundingClientRect();
    const at = (clientX) => ({
        bubbles: true,
        clientX,
        clientY: y + 10,
        pointerId: 1,
        pointerType,
        button: 0,
    });
    element.dispatchEvent(new window.PointerEvent("pointerdown", at(x + 10)));
    element.dispatchEvent(new window.PointerEvent("pointermove", at(x + 10 + distance / 2)));
    element.dispatchEvent(new window.PointerEvent("pointermove", at(x + 10 + distance)));
    element.dispatchEvent(new window.PointerEvent("pointerup", at(x + 10 + distance)));
    element.dispatchEvent(new window.PointerEvent("click", at(x + 10 + distance)));
}

const openCase = [
    {
        content: "The list shows the age of each debt in words",
        trigger: ".o_data_row:contains(Ferretería Lima) .o_collections_age_2:contains(45)",
    },
    {
        content: "Open a case",
        trigger: ".o_data_row:contains(Ferretería Lima) td[name=partner_id]",
        run: "click",
    },
];

// No words in the selectors: the collector of this tour works in Spanish.
registry.category("web_tour.tours").add("collections_collector_tour", {
    steps: () => [
        {
            content: "Before the filter somebody else's case is in the list too",
            trigger: ".o_data_row:contains(Nobody's Shop)",
        },
        {
            content: "Open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "Only my cases",
            trigger: ".o_filter_menu .o_menu_item:first",
            run: "click",
        },
        {
            content: "Others are gone",
            trigger: "body:not(:has(.o_data_row:contains(Nobody's Shop)))",
        },
        ...openCase,
        {
            content: "How much",
            trigger: ".o_collections_balance .o_collections_bar .o_collections_age_2",
        },
        {
            content: "Where it stands on its ladder",
            trigger: ".o_collections_ladder .o_collections_rung_current",
        },
        {
            content: "What next, and why",
            trigger: "div[name=decision_text]:not(:empty)",
        },
        {
            content: "Its receivables",
            trigger: "div[name=receivable_line_ids] .o_data_row .o_collections_age_2",
        },
        {
            content: "What happened",
            trigger: "a[name=history]",
            run: "click",
        },
        {
            trigger: ".o_collections_history_list li",
        },
        {
            content: "Pause",
            trigger: "button[name=action_pause]",
            run: "click",
        },
        {
            trigger: ".modal div[name=note] input",
            run: "edit Paga el viernes",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "The hold is told in words",
            trigger: ".alert-warning:contains(Paga el viernes)",
        },
        {
            content: "Lift it",
            trigger: "button[name=action_lift_holds]",
            run: "click",
        },
        {
            trigger: "button[name=action_pause]:not([disabled])",
        },
    ],
});

registry.category("web_tour.tours").add("collections_supervisor_tour", {
    steps: () => [
        {
            content: "Two messages wait",
            trigger: ".o_data_row:eq(1)",
        },
        {
            content: "Read one, and why",
            trigger: ".o_data_row:first td[name=step_id]",
            run: "click",
        },
        {
            trigger: "a[name=why]",
            run: "click",
        },
        {
            trigger: "div[name=why] li",
        },
        {
            trigger: ".o_back_button, .o_breadcrumb .breadcrumb-item a",
            run: "click",
        },
        {
            content: "Select all",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "Confirm: it leaves the building",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "The empty list teaches",
            trigger: ".o_nocontent_help:contains(Nothing waits for approval)",
        },
    ],
});

/** Drag a step some days to the right. */
function dragStep(from, days, pointerType) {
    return {
        content: "Drag a step some days to the right",
        trigger: `.o_collections_timeline_card[data-days='${from}']`,
        run() {
            const [one, other] = document.querySelectorAll(".o_collections_timeline_tick");
            const pixels = other.offsetLeft - one.offsetLeft;
            const span = Number(other.textContent) - Number(one.textContent);
            dragBy(this.anchor, (days * pixels) / span, pointerType);
        },
    };
}

const save = [
    {
        trigger: ".o_form_button_save",
        run: "click",
    },
    {
        trigger: ".o_form_saved",
    },
];

registry.category("web_tour.tours").add("collections_touch_strategy_tour", {
    steps: () => [
        dragStep(10, 5, "touch"),
        {
            trigger: ".o_collections_timeline_card[data-days='15']",
        },
        ...save,
    ],
});

registry.category("web_tour.tours").add("collections_phone_strategy_tour", {
    steps: () => [
        {
            content: "The steps are cards, without an axis to drag them on",
            trigger: "div[name=step_ids]:not(:has(.o_collections_timeline)) .o_kanban_record",
        },
        fits(".o_collections_strategy_form"),
        {
            trigger: "div[name=step_ids] .o_kanban_record:contains(Step 10)",
            run: "click",
        },
        {
            content: "The day is typed",
            trigger: ".modal div[name=days] input",
            run: "edit 15",
        },
        fits(".modal"),
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_kanban_record:contains(15 days after)",
        },
        ...save,
    ],
});

registry.category("web_tour.tours").add("collections_strategy_tour", {
    steps: () => [
        dragStep(10, 5),
        {
            content: "It stands there now; move it on by keyboard",
            trigger: ".o_collections_timeline_card[data-days='15']",
            run() {
                this.anchor.focus();
                this.anchor.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }),
                );
            },
        },
        {
            content: "Open another one",
            trigger: ".o_collections_timeline_card[data-days='3']",
            run: "click",
        },
        {
            trigger: ".modal div[name=name] input",
            run: "edit First letter",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_collections_timeline_card:contains(First letter)",
        },
        ...save,
    ],
});

registry.category("web_tour.tours").add("collections_run_tour", {
    steps: () => [
        {
            content: "What would tonight do",
            trigger: "button[name=action_preview]",
            run: "click",
        },
        {
            content: "Who is contacted, and who is not, because",
            trigger: "div[name=go_rows] .o_collections_tally_row",
        },
        {
            content: "The message is one click away",
            trigger: "div[name=go_ids] .o_data_row td[name=partner_id]",
            run: "click",
        },
        {
            trigger: ".modal .o_collections_message_subject:contains(Your account with)",
        },
        {
            trigger: ".modal .btn-close, .modal .o_form_button_cancel",
            run: "click",
        },
        {
            content: "Back to the runs",
            trigger: "body:not(:has(.modal)) .o_breadcrumb .breadcrumb-item a",
            run: "click",
        },
        {
            trigger: "button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "It tells how far it is",
            trigger: ".o_widget_collections_poll",
        },
        {
            content: "One may leave while it works",
            trigger: ".o_breadcrumb .breadcrumb-item a",
            run: "click",
        },
        {
            trigger: ".o_data_row",
        },
    ],
});

registry.category("web_tour.tours").add("collections_accountant_tour", {
    steps: () => [
        {
            content: "The step is a column of Odoo's own list",
            trigger: "th[data-name=collections_step_id]",
        },
        {
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "Group by collector",
            trigger: ".o_group_by_menu .o_menu_item:contains(Collector)",
            run: "click",
        },
        {
            trigger: ".o_group_header:first .o_group_name",
            run: "click",
        },
        {
            content: "Open an invoice",
            trigger: ".o_data_row td[name=name]:first",
            run: "click",
        },
        {
            content: "From there to the case",
            trigger: "button[name=action_open_collections_case]",
            run: "click",
        },
        {
            trigger: ".o_collections_case_form .o_collections_balance",
        },
    ],
});

registry.category("web_tour.tours").add("collections_phone_tour", {
    steps: () => [
        {
            content: "Cards, the oldest debt first",
            trigger: ".o_kanban_record:contains(Ferretería Lima) .o_collections_age_2",
        },
        {
            trigger: ".o_kanban_record:contains(Ferretería Lima)",
            run: "click",
        },
        {
            trigger: ".o_collections_case_form .o_collections_balance",
        },
        {
            content: "Receivables are cards too",
            trigger: "div[name=receivable_line_ids] .o_kanban_record .o_collections_age_2",
        },
        fits(".o_collections_case_form"),
    ],
});

registry.category("web_tour.tours").add("collections_phone_run_tour", {
    steps: () => [
        {
            content: "What would tonight do",
            trigger: "button[name=action_preview]",
            run: "click",
        },
        {
            trigger: "div[name=go_rows] .o_collections_tally_row",
        },
        fits("div[name=go_ids] .o_kanban_record:contains(Nobody's Shop)"),
        {
            content: "Read one before",
            trigger: "div[name=go_ids] .o_kanban_record:contains(Nobody's Shop)",
            run: "click",
        },
        {
            trigger: ".modal .o_collections_message_subject:contains(Your account with)",
        },
        fits(".modal"),
        {
            content: "Leave this one alone",
            trigger: ".modal button[name=action_leave_out]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(1 left out)",
        },
        {
            content: "Back to the runs",
            trigger: "body:not(:has(.modal)) .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_control_panel_main_buttons button:has(.oi-ellipsis-v)",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "It tells by itself that it has ended",
            trigger: ".o_form_view .o_field_widget[name=date_end]",
            timeout: 30000,
        },
        fits(".o_form_view"),
    ],
});

registry.category("web_tour.tours").add("collections_phone_approve_tour", {
    steps: () => [
        fits(".alert-warning:contains(2 messages wait)"),
        {
            content: "Read them",
            trigger: ".o_statusbar_buttons button[title=More]",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu button[name=action_open_awaiting]",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains(Ferretería Lima)",
            run: "click",
        },
        {
            trigger: "div[name=preview] iframe:iframe :contains(Dear Ferretería Lima)",
        },
        fits(".o_form_view"),
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            trigger: ".o_kanban_view .o_kanban_record",
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Approve all",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(2 approved)",
            run: () => waitForSent(2),
        },
    ],
});

registry.category("web_tour.tours").add("collections_reply_tour", {
    steps: () => [
        {
            content: "Something is to be done",
            trigger: ".o_menu_systray button:has(i[aria-label='Activities'])",
            run: "click",
        },
        {
            trigger: ".o-mail-ActivityGroup:contains(Case)",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Ferretería Lima) td[name=partner_id]",
            run: "click",
        },
        {
            content: "The case is paused, and until when",
            trigger: ".alert-warning:contains(On hold):contains(until)",
        },
        {
            content: "A task says what came",
            trigger: ".o-mail-Activity:contains(Answer: Re: Your account)",
        },
        {
            content: "The answer can be read whole",
            trigger:
                ".o-mail-Message .overflow-x-auto:shadow :contains(We pay on Friday, by transfer.)",
        },
        {
            content: "What it answers is told",
            trigger: "a[name=contacts]",
            run: "click",
        },
        {
            trigger: "div[name=contact_ids] .o_data_row td[name=state]:contains(Answered)",
        },
        {
            content: "It is read",
            trigger:
                ".o-mail-Activity:contains(Answer: Re: Your account) .o-mail-Activity-markDone",
            run: "click",
        },
        {
            trigger: ".o-mail-ActivityMarkAsDone button[aria-label=Done]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o-mail-Activity:contains(Answer: Re: Your account)))",
        },
        {
            content: "Go on with the case",
            trigger: "button[name=action_lift_holds]",
            run: "click",
        },
        {
            trigger: "button[name=action_pause]:not([disabled])",
        },
    ],
});
