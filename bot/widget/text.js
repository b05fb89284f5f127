// Nowhere is markup made out of text.

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if ((value ?? false) !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

const SHAPES = {
  chat: "M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v9a1.5 1.5 0 0 1-1.5 1.5H10l-4.5 4v-4A1.5 1.5 0 0 1 4 14.5zM8 8.5h8M8 12h5",
  down: "m6 9 6 6 6-6",
  close: "m6 6 12 12M18 6 6 18",
  send: "M5 12h14m-6-6 6 6-6 6",
  clip: "m20 11-8.3 8.3a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.6 1.6 0 0 1-2.3-2.3l7.7-7.7",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  check: "m5 12.5 5 5L19.5 7",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

export const hiddenText = (text) => el("span", { class: "sr" }, text);

// What would turn round in Arabic. The server's marks are dropped: a copied number holds digits alone.
const PARTS = new RegExp(
  [
    "\u2066(?<isolated>[^\u2066-\u2069]*)\u2069",
    "(?<link>https?://[^\\s\u2066-\u2069<>\"«»]+|(?<![\\w@.-])(?:[a-z0-9-]+\\.)+(?:sa|com|org|net)(?![\\w-]|\\.\\w)(?:/[^\\s\u2066-\u2069<>\"«»]*)?)",
    "(?<number>\\+\\d[\\d -]*\\d|#?(?:[A-Za-z]+-)?\\d[\\d.,:/-]*\\d|[A-Za-z]+-?\\d+)",
    "⟨(?<masked>\\w+)⟩",
  ].join("|"),
  "giu",
);

export function rich(text, { links = false, tab = "" } = {}) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    const { isolated, link, number, masked } = match.groups;
    let [whole] = match;
    let node;
    if (link) {
      whole = whole.replace(/[.,;:!?)\]}'’،؛؟…]+$/u, "");
      node = (links && linkTo(whole, tab)) || ltr(whole);
    } else node = masked ? document.createTextNode("••••••") : ltr(isolated ?? number);
    nodes.push(text.slice(end, match.index), node);
    end = match.index + whole.length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== "");
}

export const ltr = (text) => el("bdi", { dir: "ltr", class: text.length < 25 && (/^\d{8,}$/.test(text) ? "whole" : "num") }, text);

function linkTo(text, tab) {
  let url;
  try {
    url = new URL(/^https?:/i.test(text) ? text : `https://${text}`);
  } catch {
    return null;
  }
  // https://najiz.sa@evil.example shows one name and leads to another
  if (!/^https?:$/.test(url.protocol) || url.username || url.password || !/^[\x21-\x7e]+$/.test(url.hostname)) return null;
  if (url.hostname.startsWith("xn--") || url.hostname.includes(".xn--")) return null;
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", dir: "ltr", "aria-label": text + tab }, text);
}

export const languageOf = (tag) => (/^en\b/i.test(tag) ? "en" : "ar");

export async function speaker(language) {
  const { default: words } = await (language === "en" ? import("./en.js") : import("./ar.js"));
  const plural = new Intl.PluralRules(language);
  const say = (key, values = {}) =>
    (words[key][plural.select(values.n ?? 0)] ?? words[key].other ?? words[key]).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const locale = language === "ar" ? "ar-SA-u-nu-latn-ca-" : "en-GB-u-nu-latn-ca-";
  const date = (iso, options, calendar = "gregory") => new Intl.DateTimeFormat(locale + calendar, options).format(new Date(iso));
  return Object.assign(say, {
    language,
    words,
    dir: language === "ar" ? "rtl" : "ltr",
    dates(iso) {
      const options = { day: "numeric", month: "long", year: "numeric", timeZone: iso.length > 10 ? "Asia/Riyadh" : "UTC" };
      return [date(iso, options), date(iso, options, "islamic-umalqura")];
    },
    weekday: (iso) => date(iso, { weekday: "long", day: "numeric", month: "long" }),
    own: (text) => text.split("\n").filter((line) => /[\u0600-\u06ff]/.test(line) === (language === "ar")).join("\n") || text,
  });
}
