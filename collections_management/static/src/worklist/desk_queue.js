import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

import { reactive } from "@odoo/owl";

const RETRY_AFTER = 30_000;
const TABLE = "calls";

/** A few calls kept in the browser's own database: they outlive the page and the phone's battery. */
export class DeviceStorage {
    constructor(name = "collections_desk") {
        this.name = name;
    }

    open() {
        this.database ??= new Promise((resolve, reject) => {
            const request = window.indexedDB.open(this.name, 1);
            request.onupgradeneeded = () =>
                request.result.createObjectStore(TABLE, { keyPath: "uuid" });
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
        return this.database;
    }

    async run(mode, work) {
        const database = await this.open();
        return new Promise((resolve, reject) => {
            const transaction = database.transaction(TABLE, mode);
            const request = work(transaction.objectStore(TABLE));
            transaction.oncomplete = () => resolve(request.result);
            transaction.onabort = transaction.onerror = () => reject(transaction.error);
        });
    }

    all() {
        return this.run("readonly", (store) => store.getAll());
    }

    put(call) {
        return this.run("readwrite", (store) => store.put(call));
    }

    remove(uuid) {
        return this.run("readwrite", (store) => store.delete(uuid));
    }
}

/**
 * Calls that must not be lost: kept on the device first, then sent, in their order. The server
 * knows each by its uuid, so that sending twice does it once.
 *
 * `send(call)` resolves with the server's answer; it rejects with a ConnectionLostError while there
 * is no connection. What the server refuses stays, with its reason, until somebody decides.
 */
export class DeskQueue {
    constructor({ storage, send, userId }) {
        Object.assign(this, { storage, send, userId });
        this.state = reactive({ waiting: 0, refused: [], isStored: true });
        this.calls = new Map();
        this.answers = new Map();
    }

    async start() {
        for (const call of await this.storage.all().catch(() => [])) {
            if (call.userId === this.userId) {
                this.calls.set(call.uuid, this.markLate(call));
            }
        }
        this.tell();
        await this.flush();
    }

    /**
     * Keep a call, then try to send it.
     *
     * @returns {Promise<Object | null>} the server's answer; null while it waits
     */
    async add(call) {
        const kept = { ...call, userId: this.userId };
        this.calls.set(kept.uuid, kept);
        try {
            await this.storage.put(kept);
        } catch {
            this.state.isStored = false; // a private window: it lives as long as the page
        }
        this.tell();
        await this.flush();
        const answer = this.answers.get(kept.uuid);
        this.answers.delete(kept.uuid);
        if (answer?.error) {
            await this.discard(kept.uuid); // somebody is looking: he is told, nothing stays
            throw answer.error;
        }
        return answer?.result ?? null;
    }

    /** Send what waits; only one at a time does so, who comes later joins in. */
    flush() {
        this.flushing ??= this.sendAll().finally(() => {
            this.flushing = null;
            this.tell();
        });
        return this.flushing;
    }

    async sendAll() {
        for (const call of this.pending()) {
            try {
                const result = await this.send(call);
                this.answers.set(call.uuid, { result });
                await this.forget(call.uuid);
            } catch (error) {
                if (error instanceof ConnectionLostError) {
                    this.pending().forEach((one) => this.markLate(one));
                    return;
                }
                call.refusal = error.data?.message || error.message || _t("Refused");
                this.answers.set(call.uuid, { error });
                await this.storage.put({ ...call }).catch(() => {});
            }
        }
    }

    /** Nobody waits for its answer any more: it is noted though nothing can be asked first. */
    markLate(call) {
        const values = call.args.at(-1);
        if (values && typeof values === "object") {
            call.args = [...call.args.slice(0, -1), { ...values, late: true }];
        }
        return call;
    }

    pending() {
        return [...this.calls.values()].filter((call) => !call.refusal);
    }

    async forget(uuid) {
        this.calls.delete(uuid);
        await this.storage.remove(uuid).catch(() => {});
    }

    async discard(uuid) {
        await this.forget(uuid);
        this.tell();
    }

    /** Try again what was refused. */
    async retry(uuid) {
        delete this.calls.get(uuid)?.refusal;
        this.tell();
        await this.flush();
    }

    tell() {
        this.state.waiting = this.pending().length;
        this.state.refused = [...this.calls.values()]
            .filter((call) => call.refusal)
            .map(({ uuid, name, refusal }) => ({ uuid, name, refusal }));
    }
}

export const deskQueueService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        const queue = new DeskQueue({
            storage: new DeviceStorage(),
            userId: user.userId,
            send: ({ caseId, method, args }) =>
                orm.silent.call("collections.case", method, [[caseId], ...args]),
        });
        const tryAgain = () => queue.state.waiting && queue.flush();
        window.addEventListener("online", tryAgain);
        window.setInterval(tryAgain, RETRY_AFTER);
        queue.start();
        return queue;
    },
};

registry.category("services").add("collections_desk_queue", deskQueueService);
