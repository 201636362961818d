import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, onMounted, onWillUnmount } from "@odoo/owl";

export const POLL_DELAY = 2000;

/** Reads the record again every two seconds while it is on the screen: put it where work goes on. */
export class PollWidget extends Component {
    static template = "collections_management.PollWidget";
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => this.wait());
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    wait() {
        this.timer = browser.setTimeout(async () => {
            await this.props.record.load();
            this.props.record.model.notify();
            this.wait();
        }, POLL_DELAY);
    }
}

registry.category("view_widgets").add("collections_poll", { component: PollWidget });
