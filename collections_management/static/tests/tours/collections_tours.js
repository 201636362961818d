import { registry } from "@web/core/registry";

/** Press on an element, move that far to the side and let go, as a finger or a mouse does. */
function dragBy(element, distance) {
    const { x, y } = element.getBoundingClientRect();
    const at = (clientX) => ({ bubbles: true, clientX, clientY: y + 10, pointerId: 1, button: 0 });
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

registry.category("web_tour.tours").add("collections_strategy_tour", {
    steps: () => [
        {
            content: "Drag a step some days to the right",
            trigger: ".o_collections_timeline_card[data-days='10']",
            run() {
                const [one, other] = document.querySelectorAll(".o_collections_timeline_tick");
                const pixels = other.offsetLeft - one.offsetLeft;
                const days = Number(other.textContent) - Number(one.textContent);
                dragBy(this.anchor, (5 * pixels) / days);
            },
        },
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
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
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
        {
            content: "Nothing sticks out of the screen",
            trigger: ".o_collections_case_form",
            run() {
                const { scrollWidth, clientWidth } = document.documentElement;
                if (scrollWidth > clientWidth) {
                    throw new Error(`the page is ${scrollWidth} px wide, not ${clientWidth}`);
                }
            },
        },
    ],
});
