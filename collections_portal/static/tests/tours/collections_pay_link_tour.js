/** A collector ends the links of a debtor, from his case. */
import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("collections_pay_link_tour", {
    steps: () => [
        {
            content: "The links of the debtor are on his case",
            trigger: "a[name='pay_links']",
            run: "click",
        },
        {
            content: "One was opened",
            trigger: "[name='pay_link_ids'] .o_data_row:contains(Opens):contains(1)",
        },
        {
            content: "Hand a link over",
            trigger: "button[name='action_pay_link']",
            run: "click",
        },
        {
            content: "It is there to be copied",
            trigger: ".modal [name='url']:contains(/c/)",
        },
        {
            trigger: ".modal footer .btn-primary:contains(Close)",
            run: "click",
        },
        {
            content: "End them all",
            trigger: "body:not(:has(.modal)) button[name='action_revoke_pay_links']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal [name='reason'] input",
            run: "edit It went to the wrong person",
        },
        {
            trigger: ".modal button[name='action_revoke']",
            run: "click",
        },
        {
            content: "None opens any more, and the reason is there",
            trigger: "[name='pay_link_ids'] .o_data_row:contains(Revoked):contains(wrong person)",
        },
        {
            trigger: "[name='pay_link_ids']:not(:has(.o_data_row:contains(Opens)))",
        },
    ],
});
