// The server's lines in order, below them what is not yet answered.

import { card } from "./card.js";
import { el, hiddenText, icon, rich } from "./text.js";

const NEAR = 60;
const SAME_TURN = 1_000;

export class Log {
  constructor(on) {
    this.on = on;
    this.lines = new Map(); // number → {event, node}
    this.mine = new Map(); // id → {node, state, message}
    this.turn = [];
    this.older = el("button", { type: "button", class: "quiet older", hidden: true, onclick: () => on.older() });
    this.settled = el("div");
    this.waiting = el("div");
    this.scroller = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-busy": "true", tabindex: "0" },
      this.older, this.settled, this.waiting);
    this.newer = el("button", { type: "button", class: "newer", hidden: true, onclick: () => this.to(this.settled.lastElementChild) });
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
    for (const line of this.lines.values()) this.redraw(line, line.event);
  }

  get empty() {
    return !this.settled.childElementCount && !this.mine.size;
  }

  get wantsFile() {
    return this.turn.some((event) => event.upload);
  }

  get awaited() {
    const states = [...this.mine.values()].map(({ state }) => state);
    return states.includes("sent") ? "sent" : states.find((state) => state === "sending");
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
    const mine = event.heard && this.mine.get(event.heard.id);
    if (event.heard) this.settled.querySelector(`:scope > [data-id="${CSS.escape(event.heard.id)}"]`)?.remove();
    const node = this.line(event, mine);
    const last = this.turn.at(-1);
    if (event.heard) this.mine.delete(event.heard.id);
    this.settled.append(node);
    if (event.heard || !last || Date.parse(event.at) - Date.parse(last.at) > SAME_TURN) this.start = node;
    if (event.heard) this.turn = [];
    this.turn.push(event);
    this.lines.set(event.number, { event, node });
    this.dayOf(node);
  }

  redraw(line, event) {
    const node = this.line(event);
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
    scroller.scrollTop = this.placed = scroller.scrollHeight - below;
  }

  line(event, mine) {
    const { say } = this;
    const heard = event.heard;
    const own = mine ? mine.node : heard?.text && this.own(heard.id, heard.text);
    if (mine) {
      own.querySelector(".foot").replaceChildren();
      // masked, as after reload
      if (heard.text && !mine.message?.file) own.querySelector(".bubble").replaceChildren(...rich(heard.text));
    }
    return el("div", { class: "line", "data-number": event.number, "data-at": event.at }, own, this.answer(event, say));
  }

  answer(event, say) {
    const node = el("div", { class: "answer" }, hiddenText(say("bot")));
    if (event.hidden) node.append(el("p", { class: "veiled", dir: "auto" }, icon("lock"), el("span", {}, ...rich(event.text ?? ""))));
    else {
      let text = event.text ?? "";
      if (event.guide) {
        const { step, of } = event.guide;
        const [first, ...rest] = text.split("\n");
        const told = new RegExp(`\\b${Number(step)}\\b.*\\b${Number(of)}\\b`).test(first);
        node.append(stepper(told ? first : say("step", { step, of }), Number(step), Number(of)));
        if (told) text = rest.join("\n");
      }
      if (text.trim()) node.append(bubble(text, say));
      try {
        node.append(card(event.card, say, this.on.tell) ?? "");
      } catch {}
    }
    if (event.buttons?.length) {
      node.append(el("div", { class: "replies" }, ...event.buttons.map((button) =>
        el("button", { type: "button", dir: "auto", onclick: (click) => this.on.press(button, click) }, button.title))));
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
    return el("div", { class: "mine", "data-id": id }, hiddenText(this.say("you")),
      el("p", { class: `bubble${file ? " file" : ""}`, dir: "auto" }, ...shown), el("div", { class: "foot" }));
  }

  add(message, state) {
    if (this.mine.has(message.id)) return;
    const node = this.own(message.id, message.text ?? message.title, message.file);
    this.waiting.append(node);
    this.mine.set(message.id, { node, message, state });
    this.mark(message.id, state);
    this.start = node;
    this.show();
  }

  mark(id, state, note) {
    const mine = this.mine.get(id);
    if (!mine) return;
    const { say } = this;
    const changed = mine.state !== state;
    Object.assign(mine, { state, note });
    const { node } = mine;
    node.classList.toggle("unsent", state === "failed" || state === "refused");
    if (!changed && node.querySelector(".foot").childElementCount) return;
    const hadFocus = node.contains(node.getRootNode().activeElement);
    node.querySelector(".foot").replaceChildren(...{
      sending: mine.message?.file ? [el("progress", { max: "1", value: "0", "aria-label": say("sending") })] : [],
      sent: [icon("check")],
      failed: [el("span", {}, say("failed")), el("button", { type: "button", class: "quiet", onclick: () => this.on.retry() }, say("retry"))],
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
    for (const { id, text } of pending) {
      if (!this.mine.has(id)) this.add({ id, text: text ?? "…" }, "sent");
    }
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
    this.lines.clear();
    this.turn = [];
    this.older.hidden = true;
    for (const [id, { state, node }] of this.mine) {
      if (state === "sent") this.close(id, node);
    }
    this.settled.append(el("p", { class: "divider" }, this.say("anew")));
  }

  get atEnd() {
    const { scroller } = this;
    return scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - NEAR;
  }

  get following() {
    return this.atEnd || Math.abs(this.scroller.scrollTop - this.placed) < 4;
  }

  keepPlace(change) {
    const { following } = this;
    change();
    if (following) this.show();
    this.lookBelow();
  }

  lookBelow() {
    const { scroller, settled } = this;
    this.newer.hidden = !(settled.lastElementChild?.offsetTop > scroller.scrollTop + scroller.clientHeight - NEAR);
  }

  show() {
    const { scroller, start } = this;
    const question = start?.querySelector?.(".mine");
    const long = question && question.offsetHeight > scroller.clientHeight * 0.4;
    this.to(long ? start.querySelector(".answer") : start);
  }

  to(node) {
    this.scroller.scrollTop = (node?.offsetTop ?? 0) - 12;
    this.placed = this.scroller.scrollTop;
  }
}

function bubble(text, say) {
  const nodes = text.split("\n").flatMap((line, place) => {
    const parts = rich(line, { links: true, tab: say("tab") });
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
