// The page of the mail catcher. What comes from a message is only ever set as text.
const SPANISH = {
    title: "Correos",
    search: "Buscar por asunto, persona o texto",
    deleteAll: "Borrar todo",
    deleteOne: "Borrar",
    more: "Ver más",
    empty: "Todavía no hay correos. Lo que Odoo envíe aparecerá aquí; nada sale a internet.",
    nothing: "Ningún correo contiene eso.",
    hint: "Elige un correo para leerlo.",
    back: "← Volver",
    plain: "Texto",
    headers: "Cabeceras",
    raw: "Fuente",
    from: "De",
    to: "Para",
    envelope: "Entregado a",
    date: "Recibido",
    count: "{n} correos",
    sure: "¿Borrar todos los correos?",
    lost: "Sin respuesta del servidor de correos",
};
const ENGLISH = {
    title: "Mails",
    search: "Search subject, people or text",
    deleteAll: "Delete all",
    deleteOne: "Delete",
    more: "More",
    empty: "No mails yet. What Odoo sends appears here; nothing leaves this machine.",
    nothing: "No mail contains that.",
    hint: "Choose a mail to read it.",
    back: "← Back",
    plain: "Text",
    headers: "Headers",
    raw: "Source",
    from: "From",
    to: "To",
    envelope: "Delivered to",
    date: "Received",
    count: "{n} mails",
    sure: "Delete all mails?",
    lost: "The mail catcher does not answer",
};
const spanish = navigator.language.startsWith("es");
const say = spanish ? SPANISH : ENGLISH;
const PAGE = 50;
const find = (id) => document.getElementById(id);
let shown = PAGE;
let current = null;
let view = "html";
let known = "";

document.documentElement.lang = spanish ? "es" : "en";
document.title = say.title;
for (const node of document.querySelectorAll("[data-say]")) {
    node.textContent = say[node.dataset.say];
}
find("search").placeholder = say.search;
find("search").setAttribute("aria-label", say.search);

function element(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
}

async function ask(path, options) {
    const answer = await fetch(path, options);
    if (!answer.ok) {
        throw new Error(answer.status);
    }
    return answer.json();
}

function when(text) {
    return new Date(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
}

function row(message) {
    const button = element("button", "", "");
    button.type = "button";
    button.dataset.id = message.id;
    const line = element("div", "line", "");
    line.append(element("span", "cut", message.recipient || message.rcpt_to.join(", ")));
    line.append(element("time", "", when(message.received)));
    const clip = message.attachments ? "📎 " : "";
    button.append(line, element("div", "cut subject", clip + (message.subject || "—")));
    button.append(element("div", "cut excerpt", message.excerpt));
    button.addEventListener("click", () => open(message.id));
    const item = document.createElement("li");
    item.append(button);
    return item;
}

async function refresh() {
    const query = new URLSearchParams({ search: find("search").value, limit: shown });
    let answer;
    try {
        answer = await ask(`/api/messages?${query}`);
    } catch {
        find("count").textContent = say.lost;
        known = "";
        return;
    }
    const mark = `${query}#${answer.total}#${answer.messages[0]?.id}`;
    if (mark === known) {
        return;
    }
    known = mark;
    find("count").textContent = say.count.replace("{n}", answer.total);
    find("messages").replaceChildren(...answer.messages.map(row));
    find("more").hidden = answer.total <= shown;
    find("empty").hidden = answer.total > 0;
    find("empty").textContent = find("search").value ? say.nothing : say.empty;
    highlight();
}

function highlight() {
    for (const button of find("messages").querySelectorAll("button")) {
        button.toggleAttribute("aria-current", Number(button.dataset.id) === current?.id);
    }
}

async function open(id) {
    current = await ask(`/api/messages/${id}`);
    find("hint").hidden = true;
    find("reader").hidden = false;
    document.body.classList.add("reading");
    find("subject").textContent = current.subject || "—";
    const facts = [
        [say.from, current.sender],
        [say.to, current.recipient],
        [say.envelope, current.rcpt_to.join(", ")],
        [say.date, when(current.received)],
    ];
    find("facts").replaceChildren(
        ...facts.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]),
    );
    find("attachments").replaceChildren(
        ...current.attachments.map((file) => {
            const link = element("a", "", `${file.name} (${Math.ceil(file.size / 1024)} kB)`);
            link.href = file.url;
            const item = document.createElement("li");
            item.append(link);
            return item;
        }),
    );
    highlight();
    show(current.has_html ? "html" : "plain");
}

async function show(wanted) {
    view = wanted;
    for (const tab of document.querySelectorAll("[data-view]")) {
        tab.setAttribute("aria-selected", tab.dataset.view === view);
        tab.hidden = tab.dataset.view === "html" && !current.has_html;
    }
    find("frame").hidden = view !== "html";
    find("text").hidden = view === "html";
    if (view === "html") {
        find("frame").src = `/messages/${current.id}/html`;
    } else if (view === "plain") {
        find("text").textContent = current.plain || current.text;
    } else if (view === "headers") {
        find("text").textContent = current.headers.map((pair) => pair.join(": ")).join("\n");
    } else {
        const answer = await fetch(`/messages/${current.id}/raw`);
        find("text").textContent = await answer.text();
    }
}

function close() {
    current = null;
    find("reader").hidden = true;
    find("hint").hidden = false;
    document.body.classList.remove("reading");
    highlight();
}

async function remove(path) {
    await ask(path, { method: "DELETE" });
    close();
    known = "";
    await refresh();
}

for (const tab of document.querySelectorAll("[data-view]")) {
    tab.addEventListener("click", () => show(tab.dataset.view));
}
find("back").addEventListener("click", close);
find("delete-one").addEventListener("click", () => remove(`/api/messages/${current.id}`));
find("delete-all").addEventListener("click", () => {
    if (window.confirm(say.sure)) {
        remove("/api/messages");
    }
});
find("more").addEventListener("click", () => {
    shown += PAGE;
    refresh();
});
find("search").addEventListener("input", () => {
    shown = PAGE;
    refresh();
});
refresh();
setInterval(refresh, 2000);
