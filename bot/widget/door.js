// docs/web-api.yml, told by events. A message is sending, sent, failed (kept, tried again) or refused.

const PATIENCE = 15_000;
const SILENCE = 40_000; // the server writes every 15 s
const LASTING = 5_000;
const SLOWEST = 30_000;
const UNSEEN = 30_000; // all tabs share six connections

class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body?.error?.message ?? "");
    this.status = status;
    this.code = body?.error?.code;
    this.retryAfter = Number(retryAfter) || (status === 429 ? 5 : 0);
  }

  get lost() {
    return this.status === 401 || this.status === 404 || this.code === "other_conversation";
  }
}

/** All that stays in the browser. */
export class Memory {
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

export class Door extends EventTarget {
  constructor(api, memory, language) {
    super();
    this.base = `${api.replace(/\/+$/, "")}/web/v1/conversations`;
    this.memory = memory;
    this.language = language;
    this.queue = [];
    this.reset();
    this.tries = 0;
    this.wake = () => {};
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
    this.verified = null;
    this.loaded = false;
    this.accepted = new Set();
  }

  get known() {
    return Boolean(this.memory.kept.token);
  }

  close() {
    this.ending.abort();
    this.stream?.abort();
    clearTimeout(this.renewal);
    this.wake();
  }

  /** One tab at a time: two tabs, one conversation. */
  async ensure() {
    if (this.known && Date.now() < this.memory.kept.renew) return this.renewLater();
    await exclusively(this.memory.key, async () => {
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
    });
    if (this.memory.kept.conversation !== this.conversation) this.reset();
    this.renewLater();
  }

  /** `renew_at` is half-way: reckoned from the other half, since a phone's clock may be wrong. */
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

  async ask(method, path, { body, query, anonymous, signal, headers, stream } = {}) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), PATIENCE);
    signal?.addEventListener("abort", () => limit.abort());
    const { token } = this.memory.kept;
    try {
      const response = await fetch(this.base + path + (query ? `?${new URLSearchParams(query)}` : ""), {
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
      if (!response.ok) {
        const refused = new Refused(response.status, await response.json().catch(() => null), response.headers.get("Retry-After"));
        refused.token = token;
        throw refused;
      }
      return stream ? response : await response.json();
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
        if (!this.loaded) await this.load();
        await this.listen();
      } catch (error) {
        if (error.lost) {
          this.lose(error.token);
          if (!this.wanted()) break;
        }
        wait = (error.retryAfter ?? 0) * 1000;
      }
      if (this.ending.signal.aborted) break;
      if (Date.now() - began > LASTING) this.tries = 0;
      if (!this.resting) this.tell("link", { state: navigator.onLine ? "connecting" : "offline" });
      await this.pause(Math.max(wait, Math.min(500 * 2 ** this.tries++, SLOWEST) * (0.5 + Math.random())));
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
      this.heardAt = Date.now();
      clearTimeout(watch);
      watch = setTimeout(() => this.stream.abort(), SILENCE);
    };
    try {
      const response = await this.ask("GET", `/${conversation}/events`, { signal, stream: true, headers: { "Last-Event-ID": this.last } });
      alive();
      this.connected = true;
      this.tell("link", { state: "connected" });
      this.flush();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      signal.addEventListener("abort", () => reader.cancel().catch(() => {}));
      for (let text = "", part; !(part = await reader.read()).done && !signal.aborted; ) {
        alive();
        const blocks = (text + part.value).split(/\r?\n\r?\n/);
        text = blocks.pop();
        for (const block of blocks) if (conversation === this.conversation) this.take(block);
      }
    } finally {
      this.connected = false;
      clearTimeout(watch);
    }
  }

  take(block) {
    const field = (name) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
    if (field("event") === "answer") {
      const event = JSON.parse(field("data"));
      if (event.number <= this.last) return;
      this.last = event.number;
      if (event.heard) this.arrived(event.heard.id);
      this.tell("line", { event });
      if (event.hidden) this.load().catch(() => {});
    } else if (field("event") === "identity") {
      if (JSON.parse(field("data")).verified !== this.verified) this.load(true).catch(() => {});
    }
  }

  async load(all = false) {
    const { conversation } = this;
    const before = new Set(this.accepted);
    let page = await this.history();
    if (conversation !== this.conversation) return;
    const found = page;
    while (all && page.more && page.events[0]?.number > this.oldest) {
      page = await this.history({ before: page.events[0].number });
      found.events.unshift(...page.events);
      found.more = page.more;
    }
    this.verified = found.verified;
    this.last = Math.max(this.last, found.last);
    const fresh = !this.loaded;
    this.loaded = true;
    if (fresh) this.oldest = found.events[0]?.number ?? 1;
    found.events = found.events.filter(({ number }) => number >= this.oldest);
    for (const { id } of found.pending) this.arrived(id);
    for (const { heard } of found.events) if (heard) this.arrived(heard.id);
    this.tell("language", { language: found.language });
    this.tell("history", { ...found, fresh, accepted: before });
  }

  async older() {
    const { events, more } = await this.history({ before: this.oldest });
    this.oldest = events[0]?.number ?? this.oldest;
    this.tell("older", { events, more });
  }

  history(query = {}) {
    return this.ask("GET", `/${this.conversation}/history`, { query: { limit: 50, ...query } });
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

  async flush() {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let renewed = 0; this.queue.length; ) {
        const [message] = this.queue;
        try {
          for (const { id } of this.queue) this.tell("sent", { id, state: "sending" });
          await this.ensure();
          await (message.file ? this.put(message) : this.post(message));
          this.arrived(message.id);
          if (!this.connected) this.wake();
        } catch (error) {
          if (error.lost && !renewed++) {
            this.lose(error.token);
            await this.ensure();
            this.again();
          } else if (error.status === 429) {
            this.tell("slower", { seconds: error.retryAfter });
            await new Promise((resolve) => setTimeout(resolve, error.retryAfter * 1000));
            this.tell("slower", { seconds: 0 });
          } else if (error.status >= 400 && error.status < 500 && error.status !== 408 && !error.lost) {
            this.queue = this.queue.filter((other) => other !== message);
            this.tell("sent", { id: message.id, state: "refused", note: error.message });
          } else throw error;
        }
      }
    } catch {
      for (const { id } of this.queue) this.tell("sent", { id, state: "failed" });
    } finally {
      this.flushing = false;
    }
  }

  post({ id, text, button }) {
    return this.ask("POST", `/${this.conversation}/messages`, { body: button ? { id, button } : { id, text } });
  }

  put({ id, file, type }) {
    const { token } = this.memory.kept;
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PUT", `${this.base}/${this.conversation}/documents/${id}`);
      request.responseType = "json";
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("Content-Type", type);
      request.setRequestHeader("X-File-Name", `file${/\.\w{1,5}$/.exec(file.name)?.[0] ?? ""}`);
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
        if (request.status >= 200 && request.status < 300) return resolve();
        const refused = new Refused(request.status, request.response, request.getResponseHeader("Retry-After"));
        reject(Object.assign(refused, { token }));
      };
      alive();
      request.send(file);
    });
  }
}

const exclusively = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());
