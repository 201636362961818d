import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import {
    contains,
    mockService,
    mountWithCleanup,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import { user } from "@web/core/user";
import { session } from "@web/session";

import { SafeModeBar } from "@collections_management/safe_mode/safe_mode_bar";

defineMailModels();

const setSafeMode = (addresses) => patchWithCleanup(session, { collections_safe_mode: addresses });

test("it tells where messages go", async () => {
    patchWithCleanup(user, { hasGroup: async () => false });
    setSafeMode({ [serverState.companies[0].id]: "test@company.example" });
    await mountWithCleanup(SafeModeBar);
    expect(".o_collections_safe_mode").toHaveText(/every message goes to test@company.example/);
    expect(".o_collections_safe_mode button").toHaveCount(0);
});

test("without a test address it says that nothing leaves; who may, gets to the settings", async () => {
    patchWithCleanup(user, { hasGroup: async () => true });
    mockService("action", {
        doAction(action) {
            expect.step(action);
        },
    });
    setSafeMode({ [serverState.companies[0].id]: "" });
    await mountWithCleanup(SafeModeBar);
    expect(".o_collections_safe_mode").toHaveText(/nothing leaves/);
    await contains(".o_collections_safe_mode button").click();
    expect.verifySteps(["collections_management.res_config_settings_action"]);
});

test("companies that are not active, or not in safe mode, show nothing", async () => {
    setSafeMode({ 987654: "test@company.example" });
    await mountWithCleanup(SafeModeBar);
    expect(".o_collections_safe_mode").toHaveCount(0);
});
