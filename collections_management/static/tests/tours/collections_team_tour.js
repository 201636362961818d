import { registry } from "@web/core/registry";

import { checkWidth } from "./screen";

const card = (name) => `.o_kanban_record:contains(${name}):contains(overdue)`;

const reassignToAna = [
    {
        content: "Move Ben's work",
        trigger: `${card("Ben")} button[name=action_reassign]`,
        run: "click",
    },
    {
        content: "To whom",
        trigger: ".modal .o_collections_reassign div[name=user_id] input",
        run: "edit Ana",
    },
    {
        trigger: ".o-autocomplete--dropdown-item:contains(Ana)",
        run: "click",
    },
    {
        content: "Who gets how many, before and after",
        trigger: ".modal .o_collections_reassign_preview:contains(+3):contains(more than agreed)",
        run: checkWidth,
    },
    {
        trigger: ".modal button[name=action_confirm]:contains(Reassign)",
        run: "click",
    },
    {
        content: "The board shows it at once",
        trigger: `${card("Ana")}:contains(6 cases):contains(Carries more than agreed)`,
    },
];

registry.category("web_tour.tours").add("collections_board_tour", {
    steps: () => [
        {
            content: "Load against what was agreed, what came in against the target",
            trigger: `${card("Ana")}:contains(3 of 4):contains(Load 75)`,
        },
        {
            content: "Listen in: the list as Ana sees it",
            trigger: `${card("Ana")} button[name=action_open_list]`,
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains(The List of Ana)",
        },
        {
            trigger: ".o_data_row:contains(Debtor)",
        },
        {
            content: "Back to the board",
            trigger: ".breadcrumb-item a:contains(Team Board)",
            run: "click",
        },
        {
            content: "Write to Ana",
            trigger: card("Ana"),
            run: `hover && click ${card("Ana")} .o_dropdown_kanban .dropdown-toggle`,
        },
        {
            trigger: ".o-dropdown--menu a:contains(Write a Note)",
            run: "click",
        },
        {
            trigger: ".modal div[name=subject] input",
            run: "edit Well done",
        },
        {
            trigger: ".modal div[name=body] textarea",
            run: "edit A good week",
        },
        {
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_notification:contains(Sent to 1)",
        },
        ...reassignToAna,
    ],
});

registry.category("web_tour.tours").add("collections_board_phone_tour", {
    steps: () => [
        {
            trigger: card("Ana"),
            run: checkWidth,
        },
        {
            content: "Move Ben's work",
            trigger: `${card("Ben")} button[name=action_reassign]`,
            run: "click",
        },
        {
            trigger: ".modal .o_collections_reassign div[name=user_id] input",
            run: "click",
        },
        {
            trigger:
                ".modal .o_kanban_record:contains(Ana), .o-autocomplete--dropdown-item:contains(Ana)",
            run: "click",
        },
        {
            trigger: ".modal .o_collections_reassign_preview:contains(+3)",
            run: checkWidth,
        },
        {
            trigger: ".modal button[name=action_confirm]:contains(Reassign)",
            run: "click",
        },
        {
            trigger: `${card("Ana")}:contains(6 cases)`,
        },
    ],
});
