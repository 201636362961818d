import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    onWillUpdateProps,
    useRef,
    useState,
} from "@odoo/owl";

export const CHAT_DELAY = 5000;

/** A conversation: what was said, and a box to answer in while the channel allows it. */
export class ChatWidget extends Component {
    static template = "collections_management.ChatWidget";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ talk: null, older: [], text: "", reason: "", busy: false });
        this.list = useRef("list");
        this.last = null;
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps((nextProps) => this.load(nextProps.record.resId));
        onMounted(() => {
            this.showLast();
            this.wait();
        });
        onPatched(() => this.showLast());
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    call(method, args = []) {
        return this.orm.silent.call("collections.conversation", method, [
            [this.props.record.resId],
            ...args,
        ]);
    }

    async load(resId) {
        if (!resId) {
            return;
        }
        const talk = await this.orm.silent.call("collections.conversation", "get_conversation", [
            [resId],
        ]);
        this.show(talk);
        if (talk.unread && talk.may_answer) {
            await this.orm.silent.call("collections.conversation", "mark_read", [[resId]]);
        }
    }

    show(talk) {
        if (this.state.talk?.id !== talk.id) {
            this.state.older = [];
        }
        this.state.talk = { ...talk, messages: talk.messages.map((said) => this.prepare(said)) };
    }

    prepare(said) {
        const moment = deserializeDateTime(said.moment);
        return {
            ...said,
            when: toLocaleDateTimeString(moment, { showSeconds: false }),
            files: said.files.map((file) => ({
                ...file,
                url: `/web/content/${file.id}`,
                isImage: file.mimetype.startsWith("image/"),
            })),
        };
    }

    get messages() {
        return [...this.state.older, ...this.state.talk.messages];
    }

    get windowText() {
        const until = this.state.talk.window_until;
        return until
            ? toLocaleDateTimeString(deserializeDateTime(until), { showSeconds: false })
            : "";
    }

    async loadOlder() {
        const found = await this.call("get_conversation", [60, this.messages[0].id]);
        this.state.older = [
            ...found.messages.map((said) => this.prepare(said)),
            ...this.state.older,
        ];
        this.state.talk.more = found.more;
    }

    /** What was said last is what one reads first. */
    showLast() {
        const last = this.state.talk?.messages.at(-1)?.id;
        if (last !== this.last && this.list.el) {
            this.last = last;
            this.list.el.scrollTop = this.list.el.scrollHeight;
        }
    }

    /** A picture that comes late pushes the last words out of sight. */
    onPicture(said) {
        if (this.list.el && this.state.talk.messages.some(({ id }) => id === said.id)) {
            this.list.el.scrollTop = this.list.el.scrollHeight;
        }
    }

    wait() {
        this.timer = browser.setTimeout(async () => {
            try {
                if (!this.state.busy) {
                    await this.load(this.props.record.resId);
                }
            } catch {
                // Without a network for a moment: the next turn looks again.
            }
            this.wait();
        }, CHAT_DELAY);
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey && !ev.isComposing) {
            ev.preventDefault();
            this.send();
        }
    }

    async send() {
        const text = this.state.text.trim();
        if (text) {
            await this.say("send_message", text);
            this.state.text = "";
        }
    }

    async sendText(text) {
        await this.say("send_window_text", text.id, this.state.reason);
        this.state.reason = "";
    }

    async say(method, ...what) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            this.show(
                await this.orm.call("collections.conversation", method, [
                    [this.props.record.resId],
                    ...what,
                ]),
            );
            await this.props.record.load();
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("collections_chat", { component: ChatWidget });
