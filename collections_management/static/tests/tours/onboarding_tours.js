import { registry } from "@web/core/registry";

import { waitForSent } from "./waiting";

const next = [{ trigger: "button[name=action_next]:not([disabled])", run: "click" }];

/** Wait for a step of the set-up by its heading, then do what it asks and go on. */
function stage(heading, ...steps) {
    return [{ trigger: `.o_collections_onboarding h2:visible:contains(${heading})` }, ...steps];
}

registry.category("web_tour.tours").add("collections_onboarding_tour", {
    steps: () => [
        ...stage(
            "Who writes to your debtors",
            { trigger: "div[name=city] input", run: "edit Arequipa" },
            ...next,
        ),
        ...stage("Who collects", ...next),
        ...stage(
            "How firmly",
            {
                content: "The present aging is read",
                trigger: "div[name=aging] td:contains(Over 90 days)",
            },
            { trigger: "div[name=proposal]:not(:empty)" },
            ...next,
        ),
        ...stage(
            "From which address",
            { trigger: "div[name=test_email] input", run: "edit me@company.example" },
            { trigger: "button[name=action_send_test]", run: "click" },
            {
                content: "A real message has left",
                trigger: ".alert-success:contains(me@company.example)",
            },
            ...next,
        ),
        ...stage("What becomes of old debts", ...next),
        ...stage(
            "Tonight",
            { trigger: "div[name=tonight]:contains(would go out)" },
            {
                content: "Safe mode is still on",
                trigger: ".alert-info:contains(Safe mode stays on)",
            },
            { trigger: "button[name=action_go_live]", run: "click" },
        ),
        {
            content: "The switch shows the first week",
            trigger: ".modal button[name=action_simulate]",
            run: "click",
        },
        { trigger: ".modal div[name=week] tbody tr:eq(6)" },
        {
            content: "Without a yes there is no button",
            trigger: ".modal:not(:has(button[name=action_go_live]))",
        },
        { trigger: ".modal div[name=understood] input", run: "click" },
        {
            trigger: ".modal button[name=action_go_live]",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It is live", trigger: "body:not(:has(.o_collections_safe_mode))" },
    ],
});

registry.category("web_tour.tours").add("collections_approval_tour", {
    steps: () => [
        { trigger: "button[name=action_preview]", run: "click" },
        {
            content: "Two would go",
            trigger: "div[name=go_ids] .o_data_row:contains(Bodega Norte)",
        },
        {
            content: "One is left out",
            trigger:
                "div[name=go_ids] .o_data_row:contains(Bodega Norte) button[name=action_leave_out]",
            run: "click",
        },
        { trigger: "div[name=go_ids]:not(:has(.o_data_row:contains(Bodega Norte)))" },
        {
            content: "The rest is prepared",
            trigger: "button[name=action_prepare]",
            run: "click",
        },
        { trigger: ".modal footer .btn-primary", run: "click" },
        {
            content: "The run is planned while one looks on; then it waits",
            trigger: ".alert-warning:contains(1 messages wait)",
            timeout: 30000,
        },
        {
            content: "Its approval is for somebody else to give too",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Done)",
        },
    ],
});

registry.category("web_tour.tours").add("collections_approve_run_tour", {
    steps: () => [
        {
            content: "What waits, in words",
            trigger: ".alert-warning:contains(1 messages wait)",
        },
        { trigger: "button[name=action_approve]", run: "click" },
        { trigger: ".modal footer .btn-primary", run: "click" },
        {
            content: "It leaves a moment later",
            trigger: ".o_notification:contains(1 approved)",
            run: () => waitForSent(1),
        },
        { trigger: "button[name=action_open_contacts]", run: "click" },
        {
            content: "It has left",
            trigger: ".o_data_row:contains(Ferretería Lima) td[name=state]:contains(Sent)",
            run: "click",
        },
        {
            content: "What was said can be read",
            trigger: "div[name=preview] iframe:iframe :contains(Dear Ferretería Lima)",
        },
    ],
});
