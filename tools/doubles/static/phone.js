// The page of the simulated phones. What comes from a message is only ever set as text.
const SPANISH = {
    title: "Teléfonos de los deudores",
    hint: "¿Qué deudor es usted? Nada de esto sale de este equipo.",
    search: "Buscar por nombre o número",
    choose: "Elija un teléfono para leer sus mensajes y responder.",
    nobody:
        "Nadie ha recibido mensajes todavía. En Odoo, como jefe, inicie la corrida de hoy;" +
        " o busque a un deudor y escriba usted primero.",
    empty: "Todavía no hay mensajes. Escriba «hola» para empezar.",
    youAre: "Usted es {name}",
    back: "Volver",
    attach: "Adjuntar",
    file: "Foto o PDF de este equipo",
    voucher: "Comprobante de ejemplo",
    text: "Mensaje",
    send: "Enviar",
    close: "Cerrar",
    options: "Ver opciones",
    today: "Hoy",
    image: "Foto",
    document: "Documento",
    lost: "El teléfono no tiene conexión con el simulador.",
};
const ENGLISH = {
    title: "Phones of the debtors",
    hint: "Which debtor are you? None of this leaves this computer.",
    search: "Search by name or number",
    choose: "Choose a phone to read its messages and answer.",
    nobody:
        "Nobody has got a message yet. In Odoo, as the manager, start today's run;" +
        " or look for a debtor and write first.",
    empty: "No messages yet. Write “hello” to begin.",
    youAre: "You are {name}",
    back: "Back",
    attach: "Attach",
    file: "Photo or PDF of this computer",
    voucher: "Sample receipt",
    text: "Message",
    send: "Send",
    close: "Close",
    options: "See options",
    today: "Today",
    image: "Photo",
    document: "Document",
    lost: "The phone has no connection to the simulator.",
};
const spanish = navigator.language.startsWith("es");
const say = spanish ? SPANISH : ENGLISH;
const language = spanish ? "es" : "en";
const DELAY = 1000;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const MOST = 30; // rows of a search
const PIECES = /(\*[^*\n]+\*|_[^_\n]+_|https?:\/\/\S+)/;
const find = (id) => document.getElementById(id);
let number = new URLSearchParams(location.search).get("number") || "";
let people = {};
let phones = [];
let shown = 0;
let day = "";
let drawn = "";
let looking = Promise.resolve();

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-say]")) {
    node.textContent = say[node.dataset.say];
}
for (const id of ["search", "text"]) {
    find(id).placeholder = say[id];
}
for (const id of ["search", "text", "back", "attach", "send"]) {
    find(id).setAttribute("aria-label", say[id]);
}

function element(tag, className, ...children) {
    const node = document.createElement(tag);
    node.className = className;
    node.append(...children);
    return node;
}

async function ask(path, options) {
    const answer = await fetch(path, options);
    if (!answer.ok) {
        throw new Error(answer.status);
    }
    return answer.json();
}

/** Read 51987654321 as people write it. */
function tellNumber(digits) {
    const groups =
        digits.startsWith("51") && digits.length === 11 ? /^(..)(...)(...)(...)$/ : /^(..)(.*)$/;
    return `+${digits.replace(groups, (_all, ...parts) => parts.slice(0, -2).join(" "))}`;
}

function tellName(digits) {
    return people[digits]?.name || tellNumber(digits);
}

/** Who one is: the bot asks for the end of the tax ID. */
function tellMe(digits) {
    const { vat } = people[digits] || {};
    const rest = people[digits] ? [vat, tellNumber(digits)].filter(Boolean).join(" · ") : "";
    return [say.youAre.replace("{name}", tellName(digits)), rest].filter(Boolean).join("\n");
}

/** Return the nodes of a text: *bold*, _italic_ and links, as a phone shows them. */
function read(text) {
    return text.split(PIECES).map((piece, place) => {
        if (place % 2 === 0) {
            return piece;
        }
        if (piece.startsWith("http")) {
            const link = element("a", "", piece);
            Object.assign(link, { href: piece, target: "_blank", rel: "noopener" });
            return link;
        }
        return element(piece.startsWith("*") ? "b" : "i", "", piece.slice(1, -1));
    });
}

// -- the list of phones -------------------------------------------------------------------------

function getRead(digits) {
    return Number(localStorage.getItem(`read/${digits}`)) || 0;
}

function tellLast({ text, type }) {
    return text.replace(/[*_\n]/g, " ") || say[type] || type;
}

/** The phones that talked, then those of other debtors that fit what is looked for. */
function getRows() {
    const wanted = find("search").value.trim().toLowerCase();
    const digits = wanted.replace(/[\s+]/g, "");
    const fits = (phone) =>
        !wanted || tellName(phone).toLowerCase().includes(wanted) || phone.includes(digits || "-");
    const talked = phones.filter((row) => fits(row.number));
    const known = new Set(talked.map((row) => row.number));
    const others = wanted
        ? Object.keys(people)
              .filter((phone) => !known.has(phone) && fits(phone))
              .sort((one, other) => tellName(one).localeCompare(tellName(other)))
        : [];
    const found = [...talked, ...others.map((phone) => ({ number: phone }))].slice(0, MOST);
    if (!found.length && /^\d{8,15}$/.test(digits)) {
        found.push({ number: digits });
    }
    return found;
}

function drawRow(row) {
    const button = element("button", "");
    button.type = "button";
    const unread = (row.count || 0) - getRead(row.number);
    const name = element("span", "name cut", tellName(row.number));
    const badge = unread > 0 ? [element("span", "new", String(unread))] : [];
    button.append(element("div", "line", name, ...badge));
    const last = row.last ? tellLast(row.last) : tellNumber(row.number);
    button.append(element("div", "soft cut", last));
    if (row.number === number) {
        button.setAttribute("aria-current", "true");
    }
    button.addEventListener("click", () => choose(row.number));
    return element("li", "", button);
}

function drawRows() {
    const rows = getRows();
    const key = JSON.stringify([rows, number, find("search").value]);
    if (key === drawn) {
        return; // nothing new: whoever is about to click one keeps it under the pointer
    }
    drawn = key;
    const empty = element("li", "", element("p", "soft", say.nobody));
    empty.style.padding = "16px";
    find("rows").replaceChildren(...(rows.length ? rows.map(drawRow) : [empty]));
}

// -- the conversation ---------------------------------------------------------------------------

function choose(digits) {
    number = digits;
    shown = 0;
    day = "";
    history.replaceState(null, "", number ? `?number=${number}` : location.pathname);
    find("phone").hidden = !number;
    find("none").hidden = Boolean(number);
    find("talk").replaceChildren();
    find("me").textContent = tellMe(number);
    find("me").title = tellMe(number);
    return look();
}

function press(button, id) {
    const words = { phone: number, text: button.title, context: { id } };
    if (button.template) {
        Object.assign(words, {
            type: "button",
            button: { text: button.title, payload: button.id },
        });
    } else {
        const kind = button.list ? "list_reply" : "button_reply";
        const reply = { type: kind, [kind]: { id: button.id, title: button.title } };
        Object.assign(words, { type: "interactive", interactive: reply });
    }
    return post("say", words);
}

async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    const sent = ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    setTimeout(look, 50); // one's own words are there at once
    await sent;
    return look();
}

function openSheet(message) {
    const choices = message.buttons.map((row) => {
        const button = element("button", "", row.title);
        button.type = "button";
        if (row.description) {
            button.append(element("small", "", row.description));
        }
        button.addEventListener("click", () => {
            find("sheet").close();
            press(row, message.id);
        });
        return button;
    });
    find("label").textContent = message.label || say.options;
    find("choices").replaceChildren(...choices);
    find("sheet").showModal();
}

function drawButton(button, message) {
    const node = element(button.url ? "a" : "button", "button");
    if (button.url) {
        Object.assign(node, { href: button.url, target: "_blank", rel: "noopener" });
        node.append(`↗ ${button.title}`);
    } else {
        node.type = "button";
        node.append(button.title);
        node.addEventListener("click", () => press(button, message.id));
    }
    return node;
}

function drawButtons(message) {
    if (!message.buttons.some((button) => button.list)) {
        return message.buttons.map((button) => drawButton(button, message));
    }
    const open = element("button", "button", `☰ ${message.label || say.options}`);
    open.type = "button";
    open.addEventListener("click", () => openSheet(message));
    return [open];
}

function drawMessage(message) {
    const moment = new Date(message.time * 1000);
    const box = element("article", `said ${message.from}`);
    if (message.type === "image" && message.file) {
        const picture = element("img", "");
        Object.assign(picture, { src: `file/${message.file}`, alt: say.image });
        picture.addEventListener("load", scroll);
        picture.addEventListener("error", () => picture.replaceWith(say.image));
        box.append(picture);
    }
    const kind = message.type === "document" && message.text ? `${say.document}: ` : "";
    const words =
        message.text || (message.type === "image" ? "" : say[message.type] || message.type);
    box.append(element("div", "words", kind, ...read(words)));
    const time = moment.toLocaleTimeString(language, CLOCK);
    box.append(element("time", "", time), ...drawButtons(message));
    const today = new Date().toLocaleDateString(language);
    const date = moment.toLocaleDateString(language);
    const label = day === date ? [] : [element("div", "day", date === today ? say.today : date)];
    day = date;
    find("talk").append(...label, box);
}

function scroll() {
    find("talk").scrollTop = find("talk").scrollHeight;
}

async function lookAtTalk() {
    const phone = number;
    const messages = await ask(`inbox?number=${phone}`);
    if (phone !== number) {
        return; // another phone was chosen meanwhile
    }
    if (messages.length < shown) {
        shown = 0; // the simulator forgot
        find("talk").replaceChildren();
    }
    if (!messages.length && !find("talk").childElementCount) {
        find("talk").append(element("p", "soft", say.empty));
    }
    if (messages.length && !shown) {
        find("talk").replaceChildren();
    }
    const fresh = messages.slice(shown);
    shown = messages.length;
    fresh.forEach(drawMessage);
    if (fresh.length) {
        scroll();
    }
    const count = messages.filter((message) => message.from === "us").length;
    localStorage.setItem(`read/${phone}`, count);
}

/** Look for news, one look at a time: an answer that overtakes another would be drawn twice. */
function look() {
    looking = looking.then(lookNow);
    return looking;
}

async function lookNow() {
    try {
        if (number) {
            await lookAtTalk();
        }
        const told = await ask("phones");
        phones = told.phones;
        find("business").textContent = told.business || "WhatsApp";
        find("avatar").textContent = (told.business || "W")[0];
        find("hint-lost")?.remove();
        drawRows();
    } catch {
        if (!find("hint-lost")) {
            const lost = element("p", "soft", say.lost);
            lost.id = "hint-lost";
            find("search").before(lost);
        }
    }
}

// -- answering ----------------------------------------------------------------------------------

function toggleMenu(open) {
    find("menu").hidden = !open;
    find("attach").setAttribute("aria-expanded", String(open));
}

async function sendFile(file, name) {
    toggleMenu(false);
    const headers = { "Content-Type": file.type, "X-Filename": encodeURIComponent(name) };
    await ask(`photo/${number}`, { method: "POST", headers, body: file });
    return look();
}

/** A receipt as a bank's program shows it, for whoever has none at hand. */
function drawVoucher() {
    const canvas = element("canvas", "");
    Object.assign(canvas, { width: 480, height: 560 });
    const pen = canvas.getContext("2d");
    const write = (text, y, font, colour = "#1d2a30") => {
        Object.assign(pen, { font: `${font} system-ui, sans-serif`, fillStyle: colour });
        pen.fillText(text, 40, y);
    };
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 480, 560);
    pen.fillStyle = "#0b5d52";
    pen.fillRect(0, 0, 480, 84);
    write("Banco de Ejemplo", 54, "bold 30px", "#ffffff");
    write("✓ Transferencia realizada", 140, "bold 26px");
    write("S/ 500.00", 210, "bold 48px");
    write(new Date().toLocaleString("es"), 262, "22px", "#54656f");
    write("N.º de operación", 330, "20px", "#54656f");
    write(String(Date.now() % 100000000).padStart(8, "0"), 362, "bold 26px");
    write("Para", 420, "20px", "#54656f");
    write(find("business").textContent.slice(0, 30), 452, "bold 24px");
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = find("text").value.trim();
    if (text) {
        post("say", { phone: number, text });
    }
    find("text").value = "";
});
find("attach").addEventListener("click", () => toggleMenu(find("menu").hidden));
find("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) {
        await sendFile(file, file.name);
    }
    event.target.value = "";
});
find("voucher").addEventListener("click", async () => {
    await sendFile(await drawVoucher(), "comprobante.png");
});
find("back").addEventListener("click", () => choose(""));
find("close").addEventListener("click", () => find("sheet").close());
find("search").addEventListener("input", drawRows);

people = await ask("people").catch(() => ({}));
await choose(number);
setInterval(look, DELAY);
