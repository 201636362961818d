import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

class Line extends models.Model {
    _name = "collections.preview.line";

    name = fields.Char();

    _records = [{ id: 1, name: "Ferretería Lima" }];
}

defineMailModels();
defineModels([Line]);

test("the message is asked for and shown where it can do nothing", async () => {
    onRpc("collections.preview.line", "get_message", ({ args }) => {
        expect.step(args[0]);
        return { subject: "<b>Your account</b>", body: "<p>Dear <b>Ana</b></p>" };
    });
    await mountView({
        resModel: "collections.preview.line",
        resId: 1,
        type: "form",
        arch: `<form><widget name="collections_message"/></form>`,
    });
    await animationFrame();
    expect.verifySteps([[1]]);
    expect(".o_collections_message_subject").toHaveText("<b>Your account</b>");
    expect("iframe.o_collections_message_body").toHaveAttribute("sandbox", "allow-same-origin");
    expect("iframe.o_collections_message_body").toHaveAttribute("srcdoc", "<p>Dear <b>Ana</b></p>");
});
