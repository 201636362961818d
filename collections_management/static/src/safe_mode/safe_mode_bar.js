import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { WebClient } from "@web/webclient/webclient";

import { Component, onWillStart, useState } from "@odoo/owl";

/**
 * A thin bar on every screen while one of the active companies is in safe mode.
 *
 * `session.collections_safe_mode` maps the id of each company in safe mode to its test address.
 */
export class SafeModeBar extends Component {
    static template = "collections_management.SafeModeBar";
    static props = {};

    setup() {
        this.action = useService("action");
        this.state = useState({ canConfigure: false });
        onWillStart(async () => {
            if (this.companies.length) {
                this.state.canConfigure = await user.hasGroup("base.group_system");
            }
        });
    }

    get companies() {
        const addresses = session.collections_safe_mode || {};
        return user.activeCompanies.filter((company) => company.id in addresses);
    }

    get sentences() {
        const named = user.activeCompanies.length > 1;
        return this.companies.map((company) => {
            const address = session.collections_safe_mode[company.id];
            const text = address
                ? _t("every message goes to %s", address)
                : _t("no test address is set, so nothing leaves");
            return { id: company.id, text: named ? `${company.name}: ${text}` : text };
        });
    }

    openSettings() {
        return this.action.doAction("collections_management.res_config_settings_action");
    }
}

patch(WebClient, {
    components: { ...WebClient.components, SafeModeBar },
});
