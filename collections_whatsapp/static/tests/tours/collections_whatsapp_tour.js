import { registry } from "@web/core/registry";

const body = "Hola {{1}}, tiene una cuenta por pagar desde hace varios días.";

registry.category("web_tour.tours").add("collections_whatsapp_tour", {
    steps: () => [
        {
            content: "The account is there, and stopped",
            trigger: ".o_data_row:contains(Lima):contains(Stopped)",
        },
        {
            trigger: ".o_data_row td[name=name]:contains(Lima)",
            run: "click",
        },
        {
            content: "It says why nothing leaves",
            trigger: ".alert-danger:contains(190)",
        },
        {
            trigger: "button[name=action_check]",
            run: "click",
        },
        {
            content: "It answers and goes on",
            trigger: ".o_notification:contains(GREEN)",
        },
        {
            trigger: ".o_form_view:not(:has(.alert-danger:visible))",
        },
        {
            trigger: "button[name=action_sync_templates]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(templates)",
        },
        {
            content: "Write one",
            trigger: ".o_main_navbar button:contains(Configuration)",
            run: "click",
        },
        {
            trigger:
                ".dropdown-item[data-menu-xmlid='collections_whatsapp.collections_whatsapp_template_menu']",
            run: "click",
        },
        {
            content: "The fetched one is approved",
            trigger: ".o_data_row:contains(fetched):contains(Approved)",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=account_id] input",
            run: "edit Lima",
        },
        {
            trigger: ".dropdown-item:contains(Lima)",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit aviso",
        },
        {
            trigger: ".o_field_widget[name=body] textarea",
            run: `edit ${body}`,
        },
        {
            content: "The phone shows it while one writes",
            trigger: ".o_field_widget[name=footer] input",
            run: "edit Ferretería Lima && press Tab",
        },
        {
            trigger: ".o_collections_whatsapp_phone:contains(Hola {{1}}):contains(Ferretería Lima)",
        },
        {
            trigger: ".o_field_widget[name=parameter_ids] td[name=sample]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=parameter_ids] td[name=sample] input",
            run: "edit Ana && press Tab",
        },
        {
            trigger: ".o_collections_whatsapp_phone:contains(Hola Ana)",
        },
        {
            trigger: "button[name=action_submit]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(In review)",
        },
    ],
});
