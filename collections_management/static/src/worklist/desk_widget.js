import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, onMounted, onWillUpdateProps, useState } from "@odoo/owl";

import { useDesk } from "./desk";

/** On the page of a case: one row of what can be done, and the outcomes after a call. */
export class DeskWidget extends Component {
    static template = "collections_management.DeskWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ loaded: null, open: false, medium: "call", person: null });
        this.desk = useDesk({
            getCard: () => this.state.loaded.card,
            getDesk: () => this.state.loaded,
            getValues: () => ({}),
            onDone: () => this.onDone(),
            onContact: (medium, person) =>
                Object.assign(this.state, { open: true, medium, person }),
        });
        onMounted(() => this.load(this.props.record.resId));
        onWillUpdateProps(({ record }) => {
            if (record.resId !== this.state.loaded?.card.case) {
                this.state.loaded = null;
                this.load(record.resId);
            }
        });
    }

    get outcomes() {
        return this.desk.getOutcomes(this.state.medium);
    }

    async load(resId) {
        if (resId) {
            this.state.loaded = await this.orm.silent.call("collections.worklist", "load_desk", [
                resId,
            ]);
        }
    }

    async onDone() {
        Object.assign(this.state, { open: false, medium: "call", person: null });
        await this.props.record.load();
        await this.load(this.props.record.resId);
    }

    choose(outcome) {
        const { medium, person } = this.state;
        return this.desk.outcome(outcome, { medium, person });
    }
}

registry.category("view_widgets").add("collections_desk", { component: DeskWidget });
