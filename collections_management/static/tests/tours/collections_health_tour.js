import { registry } from "@web/core/registry";

/** Complain when something is wider than the screen: it could only be read by scrolling sideways. */
function checkWidth() {
    const wide = document.querySelector(".o_collections_health");
    if (wide.scrollWidth > wide.clientWidth + 1 || wide.clientWidth > window.innerWidth) {
        throw new Error(`${wide.scrollWidth} px wide on a screen of ${window.innerWidth}`);
    }
}

registry.category("web_tour.tours").add("collections_health_tour", {
    steps: () => [
        {
            content: "The worst comes first, in words",
            trigger: ".o_collections_health .oe_title:contains(broken: start there)",
        },
        {
            content: "Each line says how it is and what to do",
            trigger:
                ".o_kanban_record:contains(Outgoing mail):contains(Not working):contains(No outgoing mail server)",
            run: checkWidth,
        },
        {
            content: "Try it",
            trigger: ".o_kanban_record:contains(Outgoing mail) button[name=action_try]",
            run: "click",
        },
        {
            content: "It says what happened",
            trigger: ".o_kanban_record:contains(Outgoing mail):contains(none is lost)",
        },
        {
            content: "Look again",
            trigger: ".o_form_statusbar button:contains(Look Again), .o_statusbar_buttons button",
            run: "click",
        },
        {
            content: "Open what a line is about",
            trigger: ".o_kanban_record:contains(Last run) button[name=action_open]",
            run: "click",
        },
        {
            content: "The runs",
            trigger: ".o_breadcrumb:contains(Runs), .o_control_panel:contains(Runs)",
        },
    ],
});
