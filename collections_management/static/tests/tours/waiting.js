import { delay } from "@web/core/utils/concurrency";
import { rpc } from "@web/core/network/rpc";

/** Wait as somebody does who comes back a little later: until so many messages have left. */
export async function waitForSent(count) {
    for (let sent = 0; sent < count; await delay(300)) {
        sent = await rpc("/web/dataset/call_kw/collections.contact/search_count", {
            model: "collections.contact",
            method: "search_count",
            args: [[["state", "=", "sent"]]],
            kwargs: {},
        });
    }
}
