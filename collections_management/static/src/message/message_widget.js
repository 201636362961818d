import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, markup, onMounted, useState } from "@odoo/owl";

/**
 * A message as it would leave, asked for when it is looked at and shown where it can do nothing.
 *
 * The record's model answers `get_message` with `{subject, body, why}`.
 */
export class MessageWidget extends Component {
    static template = "collections_management.MessageWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ message: null });
        onMounted(() => this.load());
    }

    /** The chain of decisions: written by the server's own view, names escaped. */
    get why() {
        return markup(this.state.message.why);
    }

    /** The frame, in which no script runs, takes the height of what is in it. */
    onLoad({ target }) {
        const height = target.contentDocument?.documentElement.scrollHeight || 0;
        target.style.height = `${Math.max(height, 80) + 4}px`;
    }

    async load() {
        const { resModel, resId } = this.props.record;
        this.state.message = await this.orm.call(resModel, "get_message", [[resId]]);
    }
}

registry.category("view_widgets").add("collections_message", { component: MessageWidget });
