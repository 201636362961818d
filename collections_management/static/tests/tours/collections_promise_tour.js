import { registry } from "@web/core/registry";

import { checkWidth } from "./screen";

const record = [
    {
        content: "The dialog proposes all that is overdue",
        trigger: ".modal .o_collections_promise_new div[name=amount] input:value(1,200.00)",
        run: checkWidth,
    },
    {
        content: "A part of it",
        trigger: ".modal div[name=amount] input",
        run: "edit 800",
    },
    {
        trigger: ".modal div[name=note] input",
        run: "edit Paga cuando cobre",
    },
    {
        content: "Record it",
        trigger: ".modal footer .btn-primary",
        run: "click",
    },
    {
        content: "The case is left alone, and says why",
        trigger: "body:not(:has(.modal)) div[name=hold_text]:contains(800)",
    },
    {
        content: "Its promises",
        trigger: "a[name=promises]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("collections_promise_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(Ferretería Lima) td[name=partner_id]",
            run: "click",
        },
        {
            content: "He promises to pay",
            trigger: "button[name=action_promise]",
            run: "click",
        },
        ...record,
        {
            trigger: "div[name=promise_ids] .o_data_row:contains(800):contains(Expected on)",
        },
        {
            content: "The receivable tells it too",
            trigger: "a[name=receivables]",
            run: "click",
        },
        {
            trigger: "td[name=collections_promise_text]:contains(Open)",
        },
        {
            content: "He names another day: the new promise replaces the old one",
            trigger: "button[name=action_promise]",
            run: "click",
        },
        {
            trigger: ".modal div[name=replaces_ids]:contains(800)",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "All promises of the case",
            trigger: "body:not(:has(.modal)) button[name=action_open_promises]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Replaced)",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(1,200.00) td[name=amount]",
            run: "click",
        },
        {
            content: "She withdraws it",
            trigger: "button[name=action_ask_withdraw]",
            run: "click",
        },
        {
            trigger: ".modal div[name=reason] input",
            run: "edit Paga en cuotas",
        },
        {
            trigger: ".modal button[name=action_withdraw]",
            run: "click",
        },
        {
            trigger: "div[name=state_text]:contains(Paga en cuotas)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_promise_phone_tour", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains(Ferretería Lima)",
            run: "click",
        },
        {
            content: "Actions are behind one button",
            trigger: ".o_statusbar_buttons button[title=More]",
            run: "click",
        },
        {
            trigger: "button[name=action_promise]",
            run: "click",
        },
        ...record,
        {
            trigger: "div[name=promise_ids] .o_kanban_record:contains(Expected on)",
            run: checkWidth,
        },
    ],
});
