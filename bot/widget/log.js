// What is on the screen; the reasons are in docs/widget.md.

import { PRINT, STYLE } from "./styles.js";

// ---- nodes: never markup out of text

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if ((value ?? false) !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

export const button = (look, onclick, ...children) => el("button", { type: "button", class: look, onclick }, ...children);

const SHAPES = {
  chat: "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5",
  down: "m6 9 6 6 6-6",
  close: "m6 6 12 12M18 6 6 18",
  send: "M5 12h14m-6-6 6 6-6 6",
  clip: "m20 11-8 8a5 5 0 0 1-7-7l8-8a3 3 0 0 1 5 5l-8 8a2 2 0 0 1-3-3l8-8",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  check: "m5 12.5 5 5L19.5 7",
};

export function icon(name) {
  const [svg, path] = ["svg", "path"].map((kind) => document.createElementNS("http://www.w3.org/2000/svg", kind));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

const unseen = (text) => el("span", { class: "sr" }, text);

const ltr = (text) => el("bdi", { dir: "ltr", class: text.length < 25 && (/^\d{8,}$/.test(text) ? "whole" : "num") }, text);

// What would turn round in Arabic; the server's marks are dropped.
const PARTS = new RegExp(
  [
    "\u2066(?<isolated>[^\u2066-\u2069]*)\u2069",
    "(?<link>https?://[^\\s\u2066-\u2069<>\"«»]+)",
    "(?<number>\\+\\d[\\d -]*\\d|#?(?:[A-Za-z]+-)?\\d[\\d.,:/-]*\\d|[A-Za-z]+-?\\d+)",
    "⟨(?<masked>\\w+)⟩",
  ].join("|"),
  "giu",
);

/** With links if `tab` is what they say of it. */
function rich(text, tab) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    const { isolated, link, number, masked } = match.groups;
    let [whole] = match;
    if (link) whole = whole.replace(/[.,;:!?)\]}'’،؛؟…]+$/u, "");
    nodes.push(text.slice(end, match.index), masked ? "••••••" : (link && tab && linkTo(whole, tab)) || ltr(isolated ?? number ?? whole));
    end = match.index + whole.length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== "");
}

function linkTo(text, tab) {
  try {
    const { href, username, password, hostname } = new URL(text);
    if (username || password || /(^|\.)xn--/.test(hostname)) return null;
    return el("a", { href, target: "_blank", rel: "noopener noreferrer", dir: "ltr", "aria-label": text + tab }, text);
  } catch {
    return null;
  }
}

// ---- cards: the answer's own text says the rest

function card(data, say, tell) {
  const kind = data?.case_kind ?? data?.kind;
  const { words } = say;
  if (!Object.hasOwn(words.card, kind)) return "";
  const receipt = kind === "receipt";
  const rows = Object.entries(words.field)
    .filter(([name]) => (data[name] ?? false) && typeof data[name] !== "object" && !(receipt && name === "stage"))
    .map(([name, label]) => el("div", { class: name }, el("dt", {}, label), el("dd", {}, ...told(name, String(data[name]), say))));
  const paid = receipt ? data.stage : data.payment?.stage;
  const state = words.state[data.state];
  const title = words.card[kind];
  const name = ` ${title} ${data.number ?? ""}`;
  return el("section", { class: "card", "aria-label": name.trim() },
    el("div", { class: "top" }, el("strong", {}, title), state && el("span", { class: `state ${data.state}` }, state)),
    data.number && number(data.number, say, tell),
    el("dl", {}, ...rows),
    paid && el("ol", { class: "stages" }, ...words.paid.map((step, place) =>
      el("li", { class: place < paid && "done", "aria-current": place + 1 === paid && "step" }, place < paid ? icon("check") : el("i"), step))),
    button("quiet", (click) => print(click.target.closest(".answer"), say), icon("print"), say("print"), unseen(name)));
}

function number(value, say, tell) {
  const shown = ltr(value);
  const label = el("span", {}, say("copy"));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      tell((label.textContent = say("copied")));
    } catch {
      getSelection().selectAllChildren(shown); // by hand, then
    }
  };
  return el("div", { class: "number" }, shown, button("quiet", copy, icon("copy"), label, unseen(` ${value}`)));
}

function told(name, value, say) {
  if (/^(amount|claim|deposited|remaining)$/.test(name)) {
    return [ltr(Number(value).toLocaleString("en-US").replace(/\.(\d)$/, ".$10")), ` ${say("money")}`];
  }
  if (/_(on|at|until|since)$|est$/.test(name)) {
    const [day, hijri] = say.dates(value);
    return [el("bdi", {}, day), el("small", {}, el("bdi", {}, hijri))];
  }
  return rich((name === "stage" && say.words.stage[value - 1]) || value);
}

function print(answer, say) {
  const copy = answer.cloneNode(true);
  for (const unwanted of copy.querySelectorAll("button, .sr")) unwanted.remove();
  const page = el("suspension-print", { lang: say.language, dir: say.dir, theme: "light", "aria-hidden": "true" });
  const root = page.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet(STYLE)];
  root.append(el("h2", {}, say("title")), copy, el("p", {}, say("printed", { date: say.dates(new Date().toISOString())[0] })));
  const rule = sheet(PRINT);
  const done = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== rule);
    page.remove();
  };
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, rule];
  document.body.append(page);
  addEventListener("afterprint", done, { once: true });
  window.print();
  addEventListener("focus", done, { once: true }); // not every phone says afterprint
  setTimeout(done, 120_000);
}

// ---- the conversation: settled lines, below them what is not yet answered

const NEAR = 60;
const SAME_TURN = 1_000;

export class Log {
  constructor(on) {
    this.on = on;
    this.lines = new Map(); // number → {event, node}
    this.mine = new Map(); // id → {node, state, message}
    this.turn = [];
    this.older = button("quiet older", () => on.older());
    this.older.hidden = true;
    this.settled = el("div");
    this.waiting = el("div");
    this.scroller = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-busy": "true", tabindex: "0" },
      this.older, this.settled, this.waiting);
    this.newer = button("newer", () => this.to(this.settled.lastElementChild));
    this.newer.hidden = true;
    this.placed = 0;
    this.scroller.addEventListener("scroll", () => {
      this.lookBelow();
      if (this.scroller.scrollTop < NEAR && !this.older.hidden && this.placed !== this.scroller.scrollTop) on.older();
    });
    new ResizeObserver(() => this.following && this.show()).observe(this.scroller);
  }

  speak(say) {
    this.say = say;
    this.scroller.setAttribute("aria-label", say("log"));
    this.older.textContent = say("older");
    this.newer.replaceChildren(icon("down"), say("newer"));
    for (const [id, { state, note }] of this.mine) this.mark(id, state, note);
    this.keepPlace(() => this.lines.forEach((line) => this.redraw(line, line.event)));
  }

  get empty() {
    return !this.settled.childElementCount && !this.mine.size;
  }

  get wantsFile() {
    return this.turn.some((event) => event.upload);
  }

  get awaited() {
    const states = [...this.mine.values()].map(({ state }) => state);
    return ["sent", "sending"].find((state) => states.includes(state));
  }

  unread(read) {
    return [...this.lines.keys()].filter((number) => number > read).length;
  }

  put(event) {
    const known = this.lines.get(event.number);
    if (known) {
      if (JSON.stringify(known.event) !== JSON.stringify(event)) this.redraw(known, event);
      return;
    }
    const { heard } = event;
    const last = this.turn.at(-1);
    const mine = heard && this.mine.get(heard.id);
    if (heard) {
      this.settled.querySelector(`:scope > [data-id="${CSS.escape(heard.id)}"]`)?.remove();
      this.mine.delete(heard.id);
      this.turn = [];
    }
    const node = this.line(event, mine);
    this.settled.append(node);
    if (heard || !last || Date.parse(event.at) - Date.parse(last.at) > SAME_TURN) this.start = node;
    this.turn.push(event);
    this.lines.set(event.number, { event, node });
    this.dayOf(node);
  }

  redraw(line, event) {
    const node = this.line(event);
    if (line.node.contains(line.node.getRootNode().activeElement)) this.scroller.focus({ preventScroll: true });
    line.node.replaceWith(node);
    if (this.start === line.node) this.start = node;
    Object.assign(line, { event, node });
    this.dayOf(node);
  }

  prepend(events, more) {
    const { scroller } = this;
    const below = scroller.scrollHeight - scroller.scrollTop;
    const nodes = events.filter(({ number }) => !this.lines.has(number)).map((event) => {
      const node = this.line(event);
      this.lines.set(event.number, { event, node });
      return node;
    });
    this.settled.prepend(...nodes);
    for (const node of [...nodes, nodes.at(-1)?.nextSibling]) if (node) this.dayOf(node);
    this.older.hidden = !more;
    this.calm();
    scroller.scrollTop = this.placed = scroller.scrollHeight - below;
  }

  /** Nothing personal stays, neither on the screen nor behind it. */
  veil() {
    this.keepPlace(() => {
      for (const node of this.settled.querySelectorAll(":scope > .mine")) node.remove();
      for (const line of this.lines.values()) {
        const { number, at, personal, hidden } = line.event;
        if (personal && !hidden) this.redraw(line, { number, at, hidden: true });
      }
    });
  }

  /** The same quiet note, once. */
  calm() {
    let before;
    for (const node of this.settled.children) {
      const note = node.querySelector(".veiled")?.parentNode.textContent;
      node.hidden = note && note === before && !node.querySelector(".day");
      before = note;
    }
  }

  line(event, mine) {
    const { heard } = event;
    const own = mine ? mine.node : heard?.text && this.own(heard.id, heard.text);
    if (mine) {
      own.querySelector(".foot").replaceChildren();
      if (heard.text && !mine.message.file) own.querySelector(".bubble").replaceChildren(...rich(heard.text));
    }
    return el("div", { class: "line", "data-number": event.number, "data-at": event.at }, own, this.answer(event));
  }

  answer(event) {
    const { say, on } = this;
    const { hidden, guide, buttons } = event;
    const node = el("div", { class: "answer" }, unseen(say("bot")));
    let text = event.text ?? (hidden ? say("veiled") : "");
    if (hidden) node.append(el("p", { class: "veiled", dir: "auto" }, icon("lock"), el("span", {}, ...rich(text))));
    else {
      if (guide) {
        const { step, of } = guide;
        const [first, ...rest] = text.split("\n");
        const told = new RegExp(`\\b${Number(step)}\\b.*\\b${Number(of)}\\b`).test(first);
        node.append(stepper(told ? first : say("step", { step, of }), step, of));
        if (told) text = rest.join("\n");
      }
      if (text.trim()) node.append(bubble(text, say("tab")));
      try {
        node.append(card(event.card, say, on.tell));
      } catch {}
    }
    if (buttons?.length) {
      node.append(el("div", { class: "replies" }, ...buttons.map((reply) =>
        el("button", { type: "button", dir: "auto", onclick: (click) => on.press(reply, click) }, reply.title))));
    }
    return node;
  }

  dayOf(node) {
    const { at } = node.dataset;
    const before = node.previousElementSibling?.dataset.at;
    const day = (iso) => new Date(iso).toDateString();
    node.querySelector(".day")?.remove();
    if (day(before ?? new Date()) !== day(at)) node.prepend(el("p", { class: "day" }, this.say.weekday(at)));
  }

  own(id, text, file) {
    const shown = file ? [icon("clip"), el("bdi", {}, file.name)] : rich(text);
    return el("div", { class: "mine", "data-id": id }, unseen(this.say("you")),
      el("p", { class: `bubble${file ? " file" : ""}`, dir: "auto" }, ...shown), el("div", { class: "foot" }));
  }

  add(message, state) {
    const { id, text, title, file } = message;
    if (this.mine.has(id)) return;
    const node = this.own(id, text ?? title, file);
    this.waiting.append(node);
    this.mine.set(id, { node, message, state });
    this.mark(id, state);
    this.start = node;
    this.show();
  }

  mark(id, state, note) {
    const mine = this.mine.get(id);
    if (!mine) return;
    const { say } = this;
    const { node, message } = mine;
    const foot = node.querySelector(".foot");
    const changed = mine.state !== state;
    Object.assign(mine, { state, note });
    node.classList.toggle("unsent", state === "failed" || state === "refused");
    if (!changed && foot.childElementCount) return;
    const hadFocus = node.contains(node.getRootNode().activeElement);
    foot.replaceChildren(...{
      sending: message.file ? [el("progress", { max: "1", value: "0", "aria-label": say("sending") })] : [],
      sent: [icon("check")],
      failed: [el("span", {}, say("failed")), button("quiet", () => this.on.retry(), say("retry"))],
      refused: [el("span", {}, note || say("refused"))],
    }[state]);
    if (state === "refused") this.close(id, node);
    if (hadFocus) this.on.focus();
    if (this.following) this.show();
  }

  progress(id, share) {
    const bar = this.mine.get(id)?.node.querySelector("progress");
    if (bar) bar.value = share;
  }

  settle(pending, accepted) {
    const ids = new Set(pending.map(({ id }) => id));
    for (const { id, text } of pending) this.add({ id, text: text ?? "…" }, "sent");
    for (const [id, { state, node }] of this.mine) {
      if (state === "sent" && accepted.has(id) && !ids.has(id)) this.close(id, node);
    }
  }

  close(id, node) {
    this.mine.delete(id);
    if (!node.matches(".unsent")) node.querySelector(".foot").replaceChildren();
    this.settled.append(node);
  }

  divide() {
    this.veil();
    this.lines.clear();
    this.turn = [];
    this.older.hidden = true;
    for (const [id, { state, node }] of this.mine) {
      if (state === "sent") this.close(id, node);
    }
    this.settled.append(el("p", { class: "divider" }, this.say("anew")));
  }

  get following() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollTop + clientHeight >= scrollHeight - NEAR || Math.abs(scrollTop - this.placed) < 4;
  }

  keepPlace(change) {
    const { following } = this;
    change();
    this.calm();
    if (following) this.show();
    this.lookBelow();
  }

  lookBelow() {
    const { scroller, settled } = this;
    this.newer.hidden = !(settled.lastElementChild?.offsetTop > scroller.scrollTop + scroller.clientHeight - NEAR);
  }

  show() {
    const { scroller, start } = this;
    const question = start?.querySelector(".mine");
    this.to(question?.offsetHeight > scroller.clientHeight * 0.4 ? start.querySelector(".answer") : start);
  }

  to(node) {
    while (node?.hidden) node = node.previousElementSibling;
    this.scroller.scrollTop = (node?.offsetTop ?? 0) - 12;
    this.placed = this.scroller.scrollTop;
  }
}

function bubble(text, tab) {
  const nodes = text.split("\n").flatMap((line, place) => {
    const parts = rich(line, tab);
    const shown = /^(المصدر|Source): /.test(line) ? [el("small", {}, ...parts)] : parts;
    return place ? ["\n", ...shown] : shown;
  });
  return el("p", { class: "bubble", dir: "auto" }, ...nodes);
}

function stepper(label, step, of) {
  const marks = Array.from({ length: Math.min(of, 20) }, (_, place) => el("i", { class: place < step && "done" }));
  return el("div", { class: "stepper" }, el("strong", { dir: "auto" }, ...rich(label)),
    el("div", { class: "bar", "aria-hidden": "true" }, ...marks));
}
