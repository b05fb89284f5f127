// <suspension-assistant>: docs/widget.md, also for the reasons; each comment here is paid for by a phone.

import { sheet } from "./card.js";
import { Door, Memory } from "./door.js";
import { Log } from "./log.js";
import { STYLE } from "./styles.js";
import { el, icon, languageOf, speaker } from "./text.js";

const FULL_SCREEN = matchMedia("(max-width: 479px), (max-height: 479px)");
const TOUCH = matchMedia("(pointer: coarse)"); // there the keyboard would cover the answer
const LONGEST = 2000;
const LONG_WAIT = 10_000;
const LOOK_AGAIN = 15_000; // a proxy may hold back the stream
const LARGEST_FILE = 10 * 1024 * 1024;
const FILES = { pdf: "application/pdf", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png" };

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

class SuspensionAssistant extends HTMLElement {
  static observedAttributes = ["lang", "open", "launcher-label"];

  async connectedCallback() {
    const api = this.getAttribute("api") || new URL(import.meta.url).origin;
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
    return languageOf(this.getAttribute("lang") || this.memory.kept.language || page || "ar");
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
    this.log.placed = 0;
    this.label = el("span", { class: "label" });
    this.badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.launcher = el("button", { type: "button", class: "launcher", "aria-expanded": "false", "aria-haspopup": "dialog",
      onclick: () => (this.open = !this.open) }, icon("chat"), icon("down"), this.label, this.badge);
    this.news = el("div", { class: "sr", role: "status" });
    this.heading = el("h2", { id: "title" });
    this.promise = el("p");
    this.closer = el("button", { type: "button", class: "round", onclick: () => this.hide() }, icon("close"));
    this.banner = el("div", { class: "banner", role: "status" });
    this.typing = el("div", { class: "typing", role: "status" });
    this.spoken = el("div", { class: "sr", role: "status" });
    this.input = el("textarea", { rows: "1", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "count" });
    this.count = el("p", { id: "count", class: "count", hidden: true });
    this.sender = el("button", { type: "button", class: "round send", onclick: () => this.sendText() }, icon("send"));
    this.picker = el("input", { type: "file", accept: ".pdf,.jpg,.jpeg,.png", hidden: true,
      onchange: () => this.sendFile() });
    this.attach = el("button", { type: "button", class: "round", hidden: true, onclick: () => this.picker.click() }, icon("clip"));
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
    on("slower", ({ seconds }) => {
      this.slower = seconds;
      this.drawTyping();
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
    this.closer.setAttribute("aria-label", say("close"));
    this.sender.setAttribute("aria-label", say("send"));
    this.attach.setAttribute("aria-label", say("attach"));
    this.input.setAttribute("aria-label", say("message"));
    this.input.placeholder = say("message");
    this.log.speak(say);
    this.typed();
    this.drawUnread();
    this.drawTyping();
  }

  show({ focus = true } = {}) {
    this.isOpen = true;
    this.memory.save({ open: true });
    this.toggleAttribute("open", true);
    this.arrange();
    this.door.start();
    this.log.show();
    if (focus) (TOUCH.matches ? this.dialog : this.input).focus();
    this.changed();
  }

  hide() {
    const { activeElement } = this.shadowRoot;
    this.isOpen = false;
    this.memory.save({ open: false });
    this.toggleAttribute("open", false);
    this.dialog.close();
    this.launcher.setAttribute("aria-expanded", "false");
    if (this.dialog.contains(activeElement)) this.launcher.focus();
    this.changed();
  }

  arrange() {
    const focused = this.shadowRoot.activeElement;
    if (this.dialog.open) this.dialog.close();
    if (FULL_SCREEN.matches) this.dialog.showModal();
    else this.dialog.setAttribute("open", "");
    (focused ?? (FULL_SCREEN.matches && this.dialog))?.focus?.();
    this.launcher.setAttribute("aria-expanded", "true");
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
  }

  name() {
    return this.getAttribute("launcher-label") || this.say("title");
  }

  drawUnread() {
    const count = this.log.unread(this.memory.kept.read ?? 0);
    this.label.textContent = this.name();
    this.badge.hidden = !count;
    this.badge.textContent = count > 9 ? "9+" : count;
    const join = this.say.language === "ar" ? "، " : ", ";
    this.launcher.setAttribute("aria-label", this.name() + (count ? join + this.say("unread", { n: count }) : ""));
  }

  drawTyping() {
    const { awaited } = this.log;
    if (!awaited) {
      clearTimeout(this.patience);
      this.patience = null;
      this.long = false;
    } else this.patience ??= setTimeout(() => this.stillWaiting(), LONG_WAIT);
    const text = this.slower
      ? this.say("slower", { n: this.slower })
      : awaited
        ? this.say(this.long && awaited === "sent" ? "working" : awaited === "sent" ? "typing" : "sending")
        : this.isOpen && !this.door.loaded && !this.linkState
          ? this.say("starting")
          : "";
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
    // dir=auto would turn the placeholder round
    input.dir = input.value ? "auto" : this.say.dir;
    this.sender.classList.toggle("idle", !input.value.trim());
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
    const length = [...input.value].length;
    count.hidden = length <= LONGEST;
    count.textContent = this.say("long", { n: length.toLocaleString("en-US"), max: "2,000" });
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
    const wrong = !message.type ? "file_kind" : file.size > LARGEST_FILE ? "file_size" : !file.size && "file_empty";
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
