// <suspension-assistant>; the reasons are in docs/widget.md: a phone pays for each comment.

import { Log, button, el, icon, sheet } from "./log.js";
import { STYLE } from "./styles.js";

// ---- the server (docs/web-api.yml), told by events

const PATIENCE = 15_000;
const SILENCE = 40_000; // the server writes every 15 s
const LASTING = 5_000;
const SLOWEST = 30_000;
const UNSEEN = 30_000;
const LONGEST_WAIT = 60; // seconds
const TRUSTED = 30 * 60_000; // without contact

const backOff = (tries) => Math.min(500 * 2 ** tries, SLOWEST) * (0.5 + Math.random());

/** Our codes count alone: a proxy says 404 too. */
function refusal(status, body, retryAfter, token) {
  const { code, message } = body?.error ?? {};
  return Object.assign(new Error(message), {
    token,
    slow: status === 429,
    lost: /^(not_found|no_token|token_\w+|other_conversation)$/.test(code),
    final: status === 413 || /^(bad_request|origin_refused|not_asked_for|wrong_kind)$/.test(code),
    wait: Math.min(Number(retryAfter) || (status === 429 ? 5 : 0), LONGEST_WAIT) * 1000,
  });
}

/** All that stays in the browser. */
class Memory {
  constructor(api) {
    this.key = `suspension-assistant ${api}`;
    this.kept = {};
    this.load();
  }

  load() {
    try {
      this.kept = JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      // no storage here
    }
    return this.kept;
  }

  save(changes) {
    this.load();
    Object.assign(this.kept, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // no storage here
    }
  }
}

class Door extends EventTarget {
  constructor(api, memory, language) {
    super();
    this.base = `${api}/web/v1/conversations`;
    this.memory = memory;
    this.language = language;
    this.queue = [];
    this.loads = this.applied = this.tries = this.unsent = 0;
    this.reset();
    this.wake = () => {};
    this.clock = setInterval(() => this.doubtAlone(), 10_000);
    this.ending = new AbortController();
    const { signal } = this.ending;
    addEventListener("online", () => this.again(), { signal });
    addEventListener("offline", () => this.tell("link", { state: "offline" }), { signal });
    addEventListener("storage", (event) => event.key === memory.key && this.fromOtherTab(), { signal });
    document.addEventListener("visibilitychange", () => this.seen(), { signal });
  }

  tell(type, detail = {}) {
    this.dispatchEvent(Object.assign(new Event(type), detail));
  }

  reset() {
    this.conversation = this.memory.kept.conversation;
    this.last = 0;
    this.loaded = this.doubted = false;
    this.who = this.oldest = undefined;
    this.accepted = new Set();
  }

  get known() {
    return Boolean(this.memory.kept.token);
  }

  close() {
    this.ending.abort();
    this.stream?.abort();
    this.queue = [];
    clearInterval(this.clock);
    clearTimeout(this.renewal);
    clearTimeout(this.resend);
    this.wake();
  }

  async ensure() {
    if (this.known && Date.now() < this.memory.kept.renew) return this.renewLater();
    const make = async () => {
      const { token, renew, conversation } = this.memory.load();
      if (token && Date.now() < renew) return;
      if (!token) this.keep(await this.ask("POST", "", { body: { language: this.language }, anonymous: true }));
      else {
        try {
          this.keep({ conversation, ...(await this.ask("POST", `/${conversation}/token`)) });
        } catch (error) {
          if (error.lost) throw error;
        }
      }
    };
    await (navigator.locks ? navigator.locks.request(this.memory.key, make) : make());
    if (this.memory.kept.conversation !== this.conversation) this.reset();
    this.renewLater();
  }

  keep({ conversation, token, expires_at, renew_at }) {
    const renew = Date.now() + (Date.parse(expires_at) - Date.parse(renew_at));
    this.memory.save({ conversation, token, renew, ...(conversation !== this.memory.kept.conversation && { read: 0 }) });
  }

  renewLater() {
    clearTimeout(this.renewal);
    const wait = Math.max(this.memory.kept.renew - Date.now(), 60_000);
    this.renewal = setTimeout(() => this.ensure().catch(() => {}), Math.min(wait, 2 ** 31 - 1));
  }

  lose(token) {
    const kept = this.memory.load();
    if (kept.token === token) this.memory.save({ token: null, conversation: null, read: 0 });
    else if (kept.conversation === this.conversation) return;
    this.begin();
  }

  begin() {
    if (this.conversation) this.tell("anew");
    this.reset();
  }

  fromOtherTab() {
    const { conversation, token } = this.memory.load();
    this.tell("read");
    if (!token || conversation === this.conversation) return;
    this.begin();
    if (this.running) this.again();
    else this.start();
  }

  async ask(method, path, { body, anonymous, signal, headers } = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), PATIENCE);
    signal?.addEventListener("abort", () => limit.abort());
    const { token } = this.memory.kept;
    try {
      const response = await fetch(this.base + path, {
        method,
        headers: {
          ...(!anonymous && { Authorization: `Bearer ${token}` }),
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body && JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: limit.signal,
      });
      if (!response.ok) throw refusal(response.status, await response.json().catch(() => null), response.headers.get("Retry-After"), token);
      return signal ? response : await response.json();
    } finally {
      clearTimeout(timer);
    }
  }

  async start() {
    if (this.running) return;
    this.running = true;
    while (!this.ending.signal.aborted) {
      const began = Date.now();
      let wait = 0;
      try {
        await this.ensure();
        if (!this.loaded || this.doubted) await this.load();
        await this.listen();
      } catch (error) {
        if (error.lost) {
          this.lose(error.token);
          if (!this.wanted()) break;
        }
        wait = error.wait ?? 0;
      }
      if (this.ending.signal.aborted) break;
      if (Date.now() - began > LASTING) this.tries = 0;
      if (!this.resting) this.tell("link", { state: navigator.onLine ? "connecting" : "offline" });
      await this.pause(Math.max(wait, backOff(this.tries++)));
    }
    this.running = false;
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** A stream may be dead without saying so. */
  again() {
    this.tries = 0;
    this.stream?.abort();
    this.wake();
  }

  seen() {
    clearTimeout(this.unseen);
    if (document.hidden) {
      this.unseen = setTimeout(() => {
        this.resting = true;
        this.stream?.abort();
      }, UNSEEN);
    } else {
      this.resting = false;
      this.doubtAlone();
      this.tell("read");
      if (!this.connected || Date.now() - this.heardAt > SILENCE) this.again();
    }
  }

  async listen() {
    while (this.resting && !this.ending.signal.aborted) await this.pause(SLOWEST);
    this.stream = new AbortController();
    const { signal } = this.stream;
    const { conversation } = this;
    let watch;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => this.stream.abort(), SILENCE);
    };
    try {
      const response = await this.ask("GET", `/${conversation}/events`, { signal, headers: { "Last-Event-ID": this.last } });
      if (!/event-stream/.test(response.headers.get("Content-Type"))) throw new Error("no stream");
      alive();
      this.connected = true;
      this.tell("link", { state: "connected" });
      this.flush();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      signal.addEventListener("abort", () => reader.cancel().catch(() => {}));
      for (let text = "", part; !(part = await reader.read()).done && !signal.aborted; ) {
        alive();
        this.doubtAlone();
        this.heardAt = Date.now();
        const blocks = (text + part.value).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) if (conversation === this.conversation) this.take(block);
      }
    } finally {
      this.connected = false;
      clearTimeout(watch);
    }
  }

  take(block) {
    const [, kind, json = null] = /(?:^|\n)event: (\w+)\ndata: ([^\n]*)/.exec(block) ?? []; // U+2028 ends no line
    const data = JSON.parse(json);
    if (kind === "identity" && data.who !== this.who) {
      this.doubt(data.who);
      this.load().catch(() => this.stream.abort()); // to be tried again
    } else if (kind === "answer" && data.number > this.last) {
      this.last = data.number;
      if (data.heard) this.arrived(data.heard.id);
      this.tell("line", { event: data });
      if (data.hidden) this.load().catch(() => {});
    }
  }

  /** The screen may be somebody else's: veiled until a history asked for from now on. */
  doubt(who) {
    this.who = who;
    this.doubted = true;
    this.applied = this.loads;
    this.tell("veil");
  }

  doubtAlone() {
    if (this.doubted || !(Date.now() - this.heardAt > TRUSTED)) return;
    this.doubt();
    this.again();
  }

  async load() {
    const { conversation } = this;
    const number = ++this.loads;
    const before = new Set(this.accepted);
    const found = await this.history();
    for (let page = found; page.more && page.events[0].number > this.oldest && (this.doubted || found.who !== this.who); ) {
      page = await this.history(page.events[0].number);
      if (page.who !== found.who) throw new Error("who changed");
      found.events.unshift(...page.events);
      found.more = page.more;
    }
    this.doubtAlone();
    if (conversation !== this.conversation || number <= this.applied) return;
    if (found.who !== this.who) this.doubt(found.who);
    this.applied = number;
    this.doubted = false;
    this.heardAt = Date.now();
    this.last = Math.max(this.last, found.last);
    const fresh = !this.loaded;
    this.loaded = true;
    this.oldest ??= found.events[0]?.number ?? 1;
    found.events = found.events.filter((event) => event.number >= this.oldest);
    for (const { id } of found.pending) this.arrived(id);
    for (const { heard } of found.events) if (heard) this.arrived(heard.id);
    this.tell("language", { language: found.language });
    this.tell("history", { ...found, fresh, accepted: before });
  }

  async older() {
    const { who, events, more } = await this.history(this.oldest);
    if (who !== this.who) return;
    this.oldest = events[0]?.number ?? this.oldest;
    this.tell("older", { events, more });
  }

  history(before) {
    return this.ask("GET", `/${this.conversation}/history?limit=50${before ? `&before=${before}` : ""}`);
  }

  send(message) {
    this.queue.push(message);
    this.tell("sent", { id: message.id, state: "sending" });
    this.flush();
    this.start();
  }

  /** Even if the reply was lost. */
  arrived(id) {
    const before = this.queue.length;
    this.queue = this.queue.filter((message) => message.id !== id);
    this.accepted.add(id);
    if (this.queue.length < before) this.tell("sent", { id, state: "sent" });
  }

  /** `quiet`: by itself. */
  async flush(quiet) {
    if (this.flushing) return;
    this.flushing = true;
    clearTimeout(this.resend);
    try {
      for (let renewed = 0; this.queue.length; ) {
        const [message] = this.queue;
        try {
          if (!quiet) for (const { id } of this.queue) this.tell("sent", { id, state: "sending" });
          await this.ensure();
          await (message.file ? this.put(message) : this.post(message));
          this.arrived(message.id);
          this.unsent = quiet = 0;
          if (!this.connected) this.wake();
        } catch (error) {
          if (error.lost && !renewed++) {
            this.lose(error.token);
            await this.ensure();
            this.again();
          } else if (error.slow) {
            this.tell("slower", { slower: true });
            await new Promise((resolve) => setTimeout(resolve, error.wait));
            this.tell("slower");
          } else if (error.final) {
            this.queue = this.queue.filter((other) => other !== message);
            this.tell("sent", { id: message.id, state: "refused", note: error.message });
          } else throw error;
        }
      }
    } catch ({ wait = 0 }) {
      for (const { id } of this.queue) this.tell("sent", { id, state: "failed" });
      // each try of a large file costs
      if (!this.queue[0]?.file) this.resend = setTimeout(() => this.flush(true), Math.max(wait, backOff(2 + this.unsent++)));
    } finally {
      this.flushing = false;
    }
  }

  post({ id, text, button }) {
    return this.ask("POST", `/${this.conversation}/messages`, { body: button ? { id, button } : { id, text } });
  }

  put({ id, file, type }) {
    return new Promise((resolve, reject) => {
      const { token } = this.memory.kept;
      const request = new XMLHttpRequest();
      request.open("PUT", `${this.base}/${this.conversation}/documents/${id}`);
      request.responseType = "json";
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("Content-Type", type);
      request.setRequestHeader("X-File-Name", file.name.replace(/.*\./s, "file."));
      let stalled;
      const alive = () => {
        clearTimeout(stalled);
        stalled = setTimeout(() => request.abort(), SILENCE);
      };
      request.upload.onprogress = (event) => {
        alive();
        this.tell("progress", { id, share: event.loaded / event.total });
      };
      request.onloadend = () => {
        clearTimeout(stalled);
        if (request.response?.id) resolve();
        else reject(refusal(request.status, request.response, request.getResponseHeader("Retry-After"), token));
      };
      alive();
      request.send(file);
    });
  }
}

// ---- words

const languageOf = (tag) => (/^en\b/i.test(tag) ? "en" : "ar");

async function speaker(language) {
  const { default: words } = await (language === "en" ? import("./en.js") : import("./ar.js"));
  const arabic = language === "ar";
  const plural = new Intl.PluralRules(language);
  const say = (key, values = {}) =>
    (words[key][plural.select(values.n ?? 0)] ?? words[key].other ?? words[key]).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const date = (iso, options, calendar = "gregory") =>
    new Intl.DateTimeFormat(`${arabic ? "ar-SA" : "en-GB"}-u-nu-latn-ca-${calendar}`, options).format(new Date(iso));
  return Object.assign(say, {
    language,
    words,
    dir: arabic ? "rtl" : "ltr",
    dates(iso) {
      const options = { day: "numeric", month: "long", year: "numeric", timeZone: iso.length > 10 ? "Asia/Riyadh" : "UTC" };
      return [date(iso, options), date(iso, options, "islamic-umalqura")];
    },
    weekday: (iso) => date(iso, { weekday: "long", day: "numeric", month: "long" }),
    own: (text) => text.split("\n").filter((line) => /[\u0600-\u06ff]/.test(line) === arabic).join("\n") || text,
  });
}

// ---- the element

const FULL_SCREEN = matchMedia("(max-width: 479px), (max-height: 479px)");
const TOUCH = matchMedia("(pointer: coarse)"); // there the keyboard would cover the answer
const LONGEST = 2000;
const LONG_WAIT = 10_000;
const LOOK_AGAIN = 15_000; // a proxy may hold back the stream
const LARGEST_FILE = 10 * 1024 * 1024;
const FILES = { pdf: "application/pdf", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png" };

const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

const warn = (event) => {
  event.preventDefault();
  event.returnValue = true; // Chrome before 119
};

class SuspensionAssistant extends HTMLElement {
  static observedAttributes = ["lang", "open", "launcher-label"];

  async connectedCallback() {
    const api = new URL(this.getAttribute("api") || import.meta.url).origin;
    this.memory = new Memory(api);
    this.build();
    this.door = new Door(api, this.memory, this.language());
    this.door.wanted = () => this.isOpen || this.door.queue.length;
    await this.speak(this.language());
    if (this.door.ending.signal.aborted) return;
    this.listen();
    if (this.memory.kept.open ?? this.hasAttribute("open")) this.show({ focus: false });
    else if (this.door.known) this.door.start();
    this.drawUnread();
  }

  disconnectedCallback() {
    this.door.close();
    clearTimeout(this.patience);
    clearTimeout(this.bannerTimer);
    removeEventListener("beforeunload", warn);
  }

  attributeChangedCallback(name) {
    if (!this.say) return;
    if (name === "lang") this.speak(this.language());
    else if (name === "open") this.open = this.hasAttribute("open");
    else this.drawUnread();
  }

  get open() {
    return Boolean(this.isOpen);
  }

  set open(wanted) {
    if (wanted && !this.isOpen) this.show();
    else if (!wanted && this.isOpen) this.hide();
  }

  language() {
    const page = this.parentElement?.closest("[lang]")?.lang;
    return languageOf(this.getAttribute("lang") || this.memory.kept.language || page);
  }

  build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(STYLE)];
    this.log = new Log({
      press: (button, click) => this.press(button, click),
      retry: () => this.door.flush(),
      older: () => this.older(),
      tell: (text) => (this.spoken.textContent = text),
      focus: () => this.input.focus(),
    });
    this.label = el("span", { class: "label" });
    this.badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.launcher = el("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-haspopup": "dialog",
      onclick: () => (this.open = !this.open) }, icon("chat"), icon("down"), this.label, this.badge);
    this.news = el("div", { class: "sr", role: "status" });
    this.heading = el("h2", { id: "title" });
    this.promise = el("p");
    this.closer = button("round", () => this.hide(), icon("close"));
    this.banner = el("div", { class: "banner", role: "status" });
    this.typing = el("div", { class: "typing", role: "status" });
    this.spoken = el("div", { class: "sr", role: "status" });
    this.input = el("textarea", { rows: "1", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "count" });
    this.count = el("p", { id: "count", class: "count", hidden: true });
    this.sender = button("round send", () => this.sendText(), icon("send"));
    this.picker = el("input", { type: "file", accept: Object.values(FILES), hidden: true, onchange: () => this.sendFile() });
    this.attach = button("round", () => this.picker.click(), icon("clip"));
    this.attach.hidden = true;
    this.dialog = el("dialog", { "aria-labelledby": "title", tabindex: "-1" },
      el("div", { class: "head" }, el("div", {}, this.heading, this.promise), this.closer),
      this.banner,
      el("div", { class: "middle" }, this.log.scroller, this.log.newer),
      this.typing,
      el("div", { class: "composer" }, this.attach, this.picker, this.input, this.sender),
      this.count,
      this.spoken);
    this.root = el("div", { class: "root" }, this.launcher, this.news, this.dialog);
    root.replaceChildren(this.root);
  }

  listen() {
    const { signal } = this.door.ending;
    const { door, log, input } = this;
    const on = (type, act) => door.addEventListener(type, act, { signal });
    on("history", (history) => {
      log.keepPlace(() => {
        for (const event of history.events) log.put(event);
        log.settle(history.pending, history.accepted);
      });
      if (history.fresh) {
        log.older.hidden = !history.more;
        log.show();
      }
      log.scroller.setAttribute("aria-busy", "false");
      this.changed();
    });
    on("older", ({ events, more }) => {
      log.prepend(events, more);
      this.changed();
    });
    on("line", ({ event }) => {
      log.keepPlace(() => log.put(event));
      if (!this.seeing) this.news.textContent = `${this.name()}: ${this.say("unread", { n: 1 })}`;
      this.changed();
    });
    on("sent", ({ id, state, note }) => {
      log.mark(id, state, note && this.say.own(note));
      this.changed();
    });
    on("progress", ({ id, share }) => log.progress(id, share));
    on("slower", ({ slower }) => {
      this.slower = slower;
      this.drawTyping();
    });
    on("veil", () => {
      log.veil();
      if (document.hidden) this.input.value = "";
    });
    on("link", ({ state }) => this.drawLink(state));
    on("anew", () => {
      if (!log.empty) log.divide();
      this.changed();
    });
    on("read", () => this.changed());
    on("language", ({ language }) => {
      const found = languageOf(language);
      if (found !== this.memory.kept.language) this.memory.save({ language: found });
      if (this.language() !== this.say.language) this.speak(this.language());
    });

    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.hide();
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.hide();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.sendText();
    });
    input.addEventListener("input", () => this.typed());
    FULL_SCREEN.addEventListener("change", () => this.isOpen && this.arrange(), { signal });
    for (const type of ["resize", "scroll"]) visualViewport?.addEventListener(type, () => this.fit(), { signal });
  }

  async speak(language) {
    const say = (this.say = await speaker(language));
    this.door.language = language;
    this.root.lang = language;
    this.root.dir = say.dir;
    this.heading.textContent = say("title");
    this.promise.textContent = say("promise");
    const { closer: close, sender: send, attach, input: message } = this;
    for (const [key, node] of Object.entries({ close, send, attach, message })) node.setAttribute("aria-label", say(key));
    message.placeholder = say("message");
    this.log.speak(say);
    this.typed();
    this.drawUnread();
    this.drawTyping();
  }

  show({ focus = true } = {}) {
    this.opened(true);
    this.arrange();
    this.door.start();
    this.log.show();
    if (focus) (TOUCH.matches ? this.dialog : this.input).focus();
    this.changed();
  }

  hide() {
    const { activeElement } = this.shadowRoot;
    this.opened(false);
    this.dialog.close();
    if (this.dialog.contains(activeElement)) this.launcher.focus();
    this.changed();
  }

  opened(open) {
    this.isOpen = open;
    this.memory.save({ open });
    this.toggleAttribute("open", open);
    this.launcher.setAttribute("aria-expanded", open);
  }

  arrange() {
    const focused = this.shadowRoot.activeElement;
    if (this.dialog.open) this.dialog.close();
    if (FULL_SCREEN.matches) this.dialog.showModal();
    else this.dialog.setAttribute("open", "");
    (focused ?? (FULL_SCREEN.matches && this.dialog))?.focus?.();
    this.fit();
    this.typed();
  }

  fit() {
    const view = window.visualViewport;
    const fits = FULL_SCREEN.matches && view && view.scale < 1.1;
    this.dialog.style.height = fits ? `${view.height}px` : "";
    this.dialog.style.top = fits ? `${view.offsetTop}px` : "";
  }

  get seeing() {
    return this.isOpen && !document.hidden;
  }

  changed() {
    if (this.seeing && this.door.loaded && this.door.last > (this.memory.kept.read ?? 0)) this.memory.save({ read: this.door.last });
    this.drawUnread();
    this.drawTyping();
    const wanted = this.log.wantsFile;
    if (!wanted && this.shadowRoot.activeElement === this.attach) this.input.focus();
    this.attach.hidden = !wanted;
    window[this.door.queue.length ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
  }

  name() {
    return this.getAttribute("launcher-label") || this.say("title");
  }

  drawUnread() {
    const count = this.log.unread(this.memory.kept.read ?? 0);
    this.label.textContent = this.name();
    this.badge.hidden = !count;
    this.badge.textContent = count > 9 ? "9+" : count;
    this.launcher.setAttribute("aria-label", this.name() + (count ? this.say("and") + this.say("unread", { n: count }) : ""));
  }

  drawTyping() {
    const { awaited } = this.log;
    if (!awaited) {
      clearTimeout(this.patience);
      this.patience = null;
      this.long = false;
    } else this.patience ??= setTimeout(() => this.stillWaiting(), LONG_WAIT);
    const starting = this.isOpen && !this.door.loaded && !this.linkState && "starting";
    const key = this.slower ? "slower" : awaited === "sent" ? (this.long ? "working" : "typing") : (awaited ?? starting);
    const text = key ? this.say(key) : "";
    if (this.typing.textContent === text) return;
    this.typing.replaceChildren(...(text ? [el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), text] : []));
  }

  stillWaiting() {
    this.long = true;
    this.drawTyping();
    if (this.door.loaded) this.door.load().catch(() => {});
    this.patience = setTimeout(() => this.stillWaiting(), LOOK_AGAIN);
  }

  drawLink(state) {
    if (state === this.linkState) return;
    const shown = this.banner.textContent;
    this.linkState = state;
    clearTimeout(this.bannerTimer);
    const later = (key, ms, next) => {
      this.bannerTimer = setTimeout(() => {
        this.banner.textContent = key && this.say(key);
        this.banner.classList.toggle("good", key === "back");
        next?.();
      }, ms);
    };
    if (state === "offline") later("offline", 0);
    else if (state === "connecting") later("connecting", shown ? 0 : 2500, () => later("unreachable", 9000));
    else if (shown) later("back", 0, () => later("", 3000));
    this.drawTyping();
  }

  typed() {
    const { input, count } = this;
    input.dir = input.value ? "auto" : this.say.dir;
    this.sender.classList.toggle("idle", !input.value.trim());
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
    const length = [...input.value].length;
    count.hidden = length <= LONGEST;
    count.textContent = this.say("long", { n: length.toLocaleString("en-US") });
  }

  async older() {
    if (this.fetching) return;
    this.fetching = true;
    const { scroller } = this.log;
    scroller.setAttribute("aria-busy", "true");
    await this.door.older().catch(() => {});
    scroller.setAttribute("aria-busy", "false");
    this.fetching = false;
  }

  sendText() {
    const text = this.input.value.trim();
    this.input.focus();
    if (!text) return;
    this.input.value = "";
    this.typed();
    this.send({ text });
  }

  press({ title, payload }, click) {
    if (!TOUCH.matches) this.input.focus();
    if ([...this.log.mine.values()].some(({ message }) => message.button === payload)) return;
    click.currentTarget.classList.add("chosen");
    this.send({ title, button: payload });
  }

  sendFile() {
    const [file] = this.picker.files;
    this.picker.value = "";
    if (!file) return;
    this.input.focus();
    const message = { id: newId(), file, type: FILES[file.name.split(".").pop().toLowerCase()] };
    const wrong = !message.type ? "file_kind" : file.size > LARGEST_FILE && "file_size";
    if (!wrong) return this.send(message);
    this.log.add(message, "sending");
    this.log.mark(message.id, "refused", this.say(wrong));
  }

  send(message) {
    message.id ??= newId();
    this.log.add(message, "sending");
    this.door.send(message);
    this.changed();
  }
}

customElements.get("suspension-assistant") ?? customElements.define("suspension-assistant", SuspensionAssistant);
