import { registry } from "@web/core/registry";

import { choose, fits } from "./screen";

const answer = (text) => [
    {
        content: "Answer",
        trigger: ".o_collections_chat_text",
        run: `edit ${text}`,
    },
    {
        trigger: ".o_collections_chat_send:enabled",
        run: "click",
    },
    {
        content: "It is said, under the own name",
        trigger: `.o_collections_chat_out .o_collections_chat_body:contains(${text})`,
    },
];

registry.category("web_tour.tours").add("collections_conversation_tour", {
    steps: () => [
        {
            content: "From the case to the conversation",
            trigger: "button[name=action_open_conversations]",
            run: "click",
        },
        {
            content: "What the debtor said, and why a person answers",
            trigger: ".o_collections_chat_in:contains(hablar con una persona)",
        },
        {
            trigger: ".o_field_widget[name=summary]:contains(asked for a person)",
        },
        ...answer("Le llamo en cinco minutos"),
        {
            content: "The automatic answers go on",
            trigger: "button[name=action_hand_back]:visible",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(automatically)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_conversation_whose_tour", {
    steps: () => [
        {
            content: "Whose is it?",
            trigger: ".o_data_row:contains(51900000001) td[name=address]",
            run: "click",
        },
        {
            trigger: ".alert-info:contains(Nobody knows whose)",
        },
        ...choose(".o_field_widget[name=case_id]", "Bodega Sol"),
        {
            trigger: "button[name=action_place]:visible",
            run: "click",
        },
        {
            content: "It is placed",
            trigger: ".o_form_view:not(:has(button[name=action_place])) .o_collections_chat",
        },
    ],
});

registry.category("web_tour.tours").add("collections_conversation_phone_tour", {
    steps: () => [
        {
            content: "On the phone, who waits comes first",
            trigger: ".o_kanban_record:contains(hablar con una persona)",
            run: "click",
        },
        ...answer("Buenas"),
        fits(".o_collections_chat"),
    ],
});
