/** The debtor's page: the button tells what is chosen. Without this file the page works as well. */

(function () {
    "use strict";

    /** An amount as the language of the page writes it, as Odoo does. */
    function format(units, data) {
        const digits = Number(data.digits);
        const text = String(Math.round(units)).padStart(digits + 1, "0");
        const whole = text.slice(0, text.length - digits);
        const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.comma);
        const number = digits ? grouped + data.point + text.slice(-digits) : grouped;
        return data.position === "after"
            ? `${number}\u00a0${data.symbol}`
            : `${data.symbol}\u00a0${number}`;
    }

    function update(form) {
        const button = form.querySelector("button");
        if (!button) {
            return;
        }
        const factor = 10 ** Number(form.dataset.digits);
        const units = (text) => Math.round(Number(text) * factor);
        const chosen = [...form.querySelectorAll("input[name=i]:checked")];
        const gross = chosen.reduce((sum, box) => sum + units(box.dataset.amount), 0);
        const net = Math.max(gross - units(form.dataset.credit), 0);
        const typed = form.querySelector("input[name=part]");
        const part = typed && typed.value ? units(typed.value) : net;
        if (typed) {
            typed.max = net / factor;
        }
        button.disabled = !(part > 0 && part <= net);
        form.querySelector(".total").textContent = net
            ? format(Math.min(part, net), form.dataset)
            : "";
        form.querySelector(".none").hidden = Boolean(gross);
        form.querySelector(".covered").hidden = !gross || Boolean(net);
    }

    for (const form of document.querySelectorAll("form.debt")) {
        form.addEventListener("input", () => update(form));
        // An empty field says nothing: it stays out of the address.
        form.addEventListener("submit", () => {
            const typed = form.querySelector("input[name=part]");
            if (typed && !typed.value) {
                typed.disabled = true;
            }
        });
        update(form);
    }
    // Back from the provider, a browser may show what it remembers: ask again.
    window.addEventListener("pageshow", (event) => {
        if (event.persisted) {
            window.location.reload();
        }
    });
})();
