// The pretend phone: shows what /phone/api/state says, sends what is typed, pressed or chosen. Text is never made into markup.

const POLL = 500;  // milliseconds
const LARGEST = 10 * 1024 * 1024;
const TICKS = { sending: "جارٍ الإرسال", delivered: "وصلت", read: "قُرئت", failed: "لم تُقبل" };
const THINGS = { voice: "voice", document: "document", video: "video", location: "location", contact: "contact", order: "list", unsupported: "document" };
const FORMS = { "*": "strong", _: "em", "~": "s" };
const WORDS = /(?<![\p{L}\p{N}*_~])([*_~])(?=\S)([^*_~\n]+?)(?<=\S)\1(?![\p{L}\p{N}*_~])|(https?:\/\/[^\s\u2066-\u2069]+[^\s\u2066-\u2069.,،؛:!؟)])|((?<![\p{L}\p{N}@./-])(?:[a-z0-9-]+\.)+(?:sa|com|net|org)(?![a-z0-9-]))/giu;

const one = (selector) => document.querySelector(selector);
const log = one(".log"), input = one("#text"), menu = one("#menu"), sheet = one("#rows"), file = one("#file"), phone = one(".phone");
let who = 0, tag = "", asking = 0;
const seen = [];  // how many messages of the assistant each person has looked at

function make(name, className = "", ...inside) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...inside);
  return node;
}

function icon(name, label = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", `icon i-${name}`);
  if (label) { svg.setAttribute("role", "img"); svg.setAttribute("aria-label", label); } else svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function button(className, act, ...inside) {
  const made = make("button", className, ...inside);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function link(text, url) {
  const made = make("a", "", text);
  made.href = /^https?:|^\/phone\//.test(url) ? url : `https://${url}`;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

// *bold*, _slanted_, ~struck~ and links, as a phone shows them
function words(text, className = "words") {
  const box = make("div", className);
  let at = 0;
  for (const found of text.matchAll(WORDS)) {
    box.append(text.slice(at, found.index));
    box.append(found[1] ? make(FORMS[found[1]], "", found[2]) : link(found[0], found[0]));
    at = found.index + found[0].length;
  }
  box.append(text.slice(at));
  return box;
}

const clock = new Intl.DateTimeFormat("ar-SA-u-nu-latn", { hour: "numeric", minute: "2-digit" });

function content(line) {
  if (line.revoked) return [words("حُذفت هذه الرسالة")];
  const parts = [];
  if (line.quoted) parts.push(words(line.quoted, "quoted"));
  if (line.header) parts.push(words(line.header, "words head"));
  if (line.mine && ["image", "sticker"].includes(line.kind)) {
    const shot = make("img", `shot ${line.kind}`);
    shot.src = `/phone/api/media/${line.media}`;
    shot.alt = line.text;
    parts.push(shot);
  } else if (line.mine && line.kind in THINGS) parts.push(make("div", "thing", icon(THINGS[line.kind]), make("span", "", line.text)));
  else if (!line.mine && line.link && !["cta_url"].includes(line.kind)) {
    parts.push(make("div", "thing", icon("document"), link(line.link.title, line.link.url)));
    if (line.text) parts.push(words(line.text));
  } else parts.push(words(line.text));
  if (line.footer) parts.push(words(line.footer, "words small"));
  return parts;
}

function options(line) {
  const quoted = line.text.split("\n")[0];
  const pressed = (reply) => () => { send("button", { id: reply.id, title: reply.title, reply_to: line.id, quoted }); input.focus(); };
  const made = (line.buttons ?? []).map((reply) => button("", pressed(reply), icon("reply"), make("span", "", reply.title)));
  if (line.list) {
    const opener = button("opener", () => openList(line, quoted), icon("list"), make("span", "", line.list.button));
    opener.setAttribute("aria-haspopup", "dialog");
    made.push(opener);
  }
  if (line.kind === "cta_url") {
    const out = link("", line.link.url);
    out.append(icon("link"), make("span", "", line.link.title));
    made.push(out);
  }
  return made.length ? [make("div", "options", ...made)] : [];
}

function draw(line, turn) {
  if (line.kind === "event") {
    const http = line.http === null ? "" : ` · HTTP ${line.http}`;
    return make("div", "chip", line.text + http);
  }
  const hers = line.mine && line.kind !== "staff";
  const box = make("div", ["line", hers ? "mine" : "", turn ? "turn" : "", line.ticks ?? "", line.kind === "staff" ? "staff" : "", line.revoked ? "gone" : ""].filter(Boolean).join(" "));
  const time = make("time", "", clock.format(new Date(line.at)));
  time.dateTime = line.at;
  const foot = make("div", "foot", ...(line.edited ? [make("span", "", "عُدّلت")] : []), time);
  if (hers) foot.append(icon({ sending: "clock", failed: "failed" }[line.ticks] ?? "ticks", TICKS[line.ticks]));
  const speaker = make("span", "sr", line.kind === "staff" ? "الموظف: " : hers ? "رسالتك: " : "المساعد: ");
  const bubble = make("div", "bubble", speaker, ...content(line), foot);
  if (line.reaction) bubble.append(make("span", "reaction", make("span", "sr", "تفاعلك: "), line.reaction));
  box.append(bubble);
  const notes = [line.note, line.old ? "أُرسلت إلى رقمها السابق" : ""];
  if (line.mine && line.http !== null && (line.note || line.http !== 200)) notes.push(line.http ? `جواب المساعد: HTTP ${line.http}` : "لم يجب المساعد");
  const note = notes.filter(Boolean).join(" · ");
  if (note) box.append(make("p", "note", note));
  box.append(...options(line));
  return box;
}

// Lines that stay as they are keep their nodes, and with them the focus.
function drawLog(lines, typing) {
  const low = log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const before = new Map([...log.children].map((node) => [node.dataset.key, node]));
  const wanted = [], last = log.lastMine;
  const put = (key, print, made) => {
    const old = before.get(key);
    const node = old?.dataset.print === print ? old : made();
    node.dataset.key = key;
    node.dataset.print = print;
    wanted.push(node);
  };
  put("start", "", () => make("p", "chip", lines.length ? "محادثة مخترعة، تُمحى حين يتوقف المساعد" : "لا رسائل بعد. تكفي كلمة «مرحبا» للبدء."));
  if (lines.length) wanted[0].textContent = "محادثة مخترعة، تُمحى حين يتوقف المساعد";
  lines.forEach((line, place) => {
    const turn = place === 0 || lines[place - 1].mine !== line.mine || lines[place - 1].kind === "event";
    put(line.id, JSON.stringify([line, turn]), () => draw(line, turn));
  });
  if (typing) put("typing", "", () => make("div", "line turn", make("div", "bubble", make("span", "sr", "يكتب المساعد"), make("span", "dots", make("i"), make("i"), make("i")))));
  const keep = new Set(wanted);
  for (const node of [...log.children]) if (!keep.has(node)) node.remove();
  wanted.forEach((node, place) => { if (log.children[place] !== node) log.insertBefore(node, log.children[place] ?? null); });
  log.lastMine = lines.filter((line) => line.mine).at(-1)?.id;
  if (low || log.lastMine !== last) log.scrollTop = log.scrollHeight;
}

function drawSide(state) {
  const box = one("#people");
  if (!box.querySelector("label")) {
    state.people.forEach((person, place) => {
      const radio = make("input");
      Object.assign(radio, { type: "radio", name: "who", value: place, checked: place === who });
      radio.addEventListener("change", () => { who = place; tag = ""; log.replaceChildren(); toast(""); poll(); });
      const about = make("small", "", make("bdi", "code", ""), "");
      box.append(make("label", "person", radio, make("span", "", make("span", "name", ""), about), make("span", "news")));
      seen[place] = person.told;
    });
  }
  state.people.forEach((person, place) => {
    const row = box.querySelectorAll("label")[place];
    if (place === who) seen[place] = person.told;
    const fresh = person.told - seen[place];
    const news = row.querySelector(".news");
    news.hidden = !fresh;
    news.textContent = fresh ? `${fresh} جديد` : "";
    row.querySelector(".name").textContent = person.name;
    row.querySelector("bdi").textContent = person.address;
    row.querySelector("small").lastChild.textContent = person.hidden ? "، باسم مستخدم، ورقمها لا يصل" : "";
  });
  const person = state.people[who];
  one("#closed").checked = state.closed;
  if (document.activeElement !== one("#trouble") || !state.trouble) one("#trouble").value = state.trouble;
  one("#summary").textContent = [`الهاتف مع ${person.name}`, state.closed ? "مضت 24 ساعة" : "", state.trouble ? "الشبكة متعثرة" : ""].filter(Boolean).join("، ");
  const presence = state.typing ? "يكتب الآن…" : "برنامج آلي";
  if (one("#presence").textContent !== presence) one("#presence").textContent = presence;
}

async function poll() {
  const turn = ++asking, asked = who;
  try {
    const reply = await fetch(`/phone/api/state?who=${asked}&seen=${tag}`, { cache: "no-store" });
    if (turn !== asking) return;  // a later one is on its way
    if (reply.status === 200) {
      const state = await reply.json();
      if (asked !== who) return;
      tag = reply.headers.get("X-Tag");
      drawSide(state);
      drawLog(state.lines, state.typing);
    }
    if (one("#toast").dataset.away) toast("");
  } catch {
    if (turn === asking) toast("انقطع الاتصال بالمساعد، والمحاولة مستمرة.", true);
  }
  if (turn === asking) setTimeout(() => { if (turn === asking) poll(); }, POLL);
}

function toast(text, away = false) {
  const box = one("#toast");
  box.dataset.away = away ? "1" : "";
  if (box.textContent !== text) box.textContent = text;
}

async function ask(path, how) {
  toast("");
  const asked = fetch(path, how);
  poll();  // shows it as under way
  try {
    const reply = await asked;
    if (!reply.ok) toast((await reply.json()).error.message.split("\n")[0]);
  } catch {
    toast("لم تصل: انقطع الاتصال بالمساعد.", true);
  }
  poll();
}

const post = (path, body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ who, ...body }) });
const send = (kind, body = {}) => post("/phone/api/send", { kind, ...body });

function say() {
  const text = input.value;
  if (!text.trim()) return;
  input.value = "";
  fit();
  send("text", { text });
}

function fit() {
  input.style.blockSize = "auto";
  input.style.blockSize = `${input.scrollHeight + 2}px`;
}

// sheets lie on the phone, wherever it stands

function place(dialog) {
  const box = phone.getBoundingClientRect(), edge = parseFloat(getComputedStyle(phone).borderBottomWidth);
  const sizes = { left: `${box.left + edge}px`, wide: `${box.width - 2 * edge}px`, bottom: `${innerHeight - box.bottom + edge}px`, tall: `${box.height * 0.85}px`, round: edge ? "1.8rem" : "0" };
  for (const [name, size] of Object.entries(sizes)) dialog.style.setProperty(`--${name}`, size);
}

function open(dialog) {
  place(dialog);
  dialog.showModal();
}

function openList(line, quoted) {
  one("#rows-title").textContent = line.list.button;
  const rows = line.list.sections.flatMap((section) => [
    ...(section.title ? [make("h3", "", section.title)] : []),
    ...section.rows.map((row) => button("row", () => {
      sheet.close();
      send("row", { id: row.id, title: row.title, description: row.description ?? "", reply_to: line.id, quoted });
      input.focus();
    }, make("b", "", row.title), ...(row.description ? [make("small", "", row.description)] : []))),
  ]);
  one("#rows-body").replaceChildren(...rows);
  open(sheet);
  sheet.querySelector(".row").focus();
}

sheet.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...sheet.querySelectorAll(".row")];
  if (!step) return;
  event.preventDefault();
  rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length].focus();
});

for (const dialog of [menu, sheet]) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
addEventListener("resize", () => [menu, sheet].filter((dialog) => dialog.open).forEach(place));

one("#attach").addEventListener("click", () => open(menu));
menu.addEventListener("click", (event) => {
  const kind = event.target.closest("[data-send]")?.dataset.send;
  if (!kind) return;
  menu.close();
  const body = { text: input.value.trim() ? input.value : undefined, title: event.target.closest("[data-send]").dataset.title };
  if (kind in { reply: 1, forwarded: 1, advertised: 1, edit: 1, twice: 1, thrice: 1, late: 1, forged: 1, group: 1, echo: 1, image: 1 }) { input.value = ""; fit(); }
  send(kind, body);
  input.focus();
});
one("#choose").addEventListener("click", () => { menu.close(); file.click(); });
file.addEventListener("change", () => {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen) return;
  if (chosen.size > LARGEST) return toast("الملف أكبر من 10 ميغابايت، وهذا حد هاتف التجربة.");
  const type = chosen.type || "application/octet-stream";
  ask(`/phone/api/file?who=${who}&name=${encodeURIComponent(chosen.name)}`, { method: "PUT", headers: { "Content-Type": type }, body: chosen });
});

one(".composer").addEventListener("submit", (event) => { event.preventDefault(); say(); input.focus(); });
input.addEventListener("input", fit);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(); }
});
one("#closed").addEventListener("change", (event) => post("/phone/api/switch", { closed: event.target.checked }));
one("#trouble").addEventListener("change", (event) => post("/phone/api/switch", { trouble: event.target.value }));
one("#settings").open = innerWidth >= 760;
poll();
