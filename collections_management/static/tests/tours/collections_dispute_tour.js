import { registry } from "@web/core/registry";

import { choose, fits } from "./screen";

const fill = [
    {
        content: "The only receivable of the case is filled in",
        trigger: ".modal div[name=amount_left], .modal div[name=amount] input:value(1,200.00)",
    },
    {
        content: "Only a part is contested",
        trigger: ".modal div[name=amount] input",
        run: "edit 200",
    },
    {
        trigger: ".modal div[name=description] textarea",
        run: "edit The price was 10, not 12",
    },
];

registry.category("web_tour.tours").add("collections_dispute_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(Ferretería Lima) td[name=partner_id]",
            run: "click",
        },
        {
            content: "The debtor says that the price is wrong",
            trigger: ".o_form_statusbar button:contains(Dispute)",
            run: "click",
        },
        ...fill,
        ...choose(".modal div[name=reason_id]", "Price"),
        {
            content: "Who solves it and until when follows from the reason",
            trigger: ".modal div[name=date_target] button:not(:empty)",
        },
        {
            trigger: ".modal footer button:contains(Open the Dispute)",
            run: "click",
        },
        {
            content: "The case says so",
            trigger: "body:not(:has(.modal)) button[name=action_open_disputes]:contains(1)",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Price)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_dispute_decide_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(Price) td[name=reason_id]",
            run: "click",
        },
        {
            content: "Where it stands, in words",
            trigger: "div[name=state_text]:contains(is not asked for while this is open)",
        },
        {
            trigger: "button[name=action_decide]",
            run: "click",
        },
        {
            content: "Right in part",
            trigger: ".modal div[name=amount] input",
            run: "edit 150",
        },
        {
            trigger: ".modal div[name=note] textarea",
            run: "edit Agreed by phone: 10.75",
        },
        {
            content: "What will happen is said before",
            trigger: ".modal div[name=sentence]:contains(150.00)",
        },
        {
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) div[name=state_text]:contains(waits to be posted)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_phone_dispute_tour", {
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
            trigger: ".o-dropdown--menu button:contains(Dispute)",
            run: "click",
        },
        ...fill,
        fits(".modal"),
        ...choose(".modal div[name=reason_id]", "Price"),
        {
            trigger: ".modal footer button:contains(Open the Dispute)",
            run: "click",
        },
        {
            trigger:
                "body:not(:has(.modal)) div[name=dispute_ids], body:not(:has(.modal)) .nav-link:contains(Disputes)",
        },
    ],
});
