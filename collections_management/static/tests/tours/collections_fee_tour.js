import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("collections_fee_tour", {
    steps: () => [
        {
            content: "The fees of a case have a page",
            trigger: ".o_notebook .nav-link[name=fees]",
            run: "click",
        },
        {
            content: "It says that nothing was charged and how to see what would be",
            trigger: ".o_notebook p:contains(Nothing was charged)",
        },
        {
            content: "See it before",
            trigger: "button[name=action_preview_fees]",
            run: "click",
        },
        {
            content: "The sum, and each receivable with its days",
            trigger: ".modal .o_field_widget[name=total_text]:contains(9.86)",
        },
        {
            trigger: ".modal .o_field_widget[name=line_ids]:contains(9.86)",
        },
        {
            content: "Charge it",
            trigger: ".modal footer button[name=action_charge]:contains(Charge)",
            run: "click",
        },
        {
            content: "It leaves the building, so it asks",
            trigger: ".modal:contains(A debit note is made) footer .btn-primary:contains(Ok)",
            run: "click",
        },
        {
            content: "It is on the case",
            trigger: ".o_form_view .o_field_widget[name=fee_ids]:contains(Charged)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_fee_waive_tour", {
    steps: () => [
        {
            content: "Above the collector's limit somebody else is asked",
            trigger: ".o_statusbar_buttons button[name=action_ask_waiver]",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains(a second person is asked)",
        },
        {
            trigger: ".modal .o_field_widget[name=note] input",
            run: "edit Paga siempre",
        },
        {
            trigger: ".modal footer button:contains(Ask a Second Person)",
            run: "click",
        },
        {
            content: "The fee says what it waits for",
            trigger: ".o_form_view .alert:contains(asks to give this fee up)",
        },
    ],
});
