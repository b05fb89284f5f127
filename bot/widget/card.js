// The answer's own text says the rest.

import { el, hiddenText, icon, ltr, rich } from "./text.js";
import { PRINT, STYLE } from "./styles.js";

const MONEY = /^(amount|claim|deposited|remaining)$/;
const DAY = /_(on|at|until|since)$|est$/;

const FIELDS = {
  court: ["court", "creditor", "claim", "deposited", "remaining", "grace_until", "lifted_at"],
  government: ["body", "basis", "stage", "stage_since", "stage_until", "lifted_at"],
  invoice: ["amount", "due_on", "case"],
  receipt: ["amount", "paid_at", "invoice", "case"],
  request: ["earliest", "latest", "case"],
};

export function card(data, say, tell) {
  const kind = data?.case_kind ?? data?.kind;
  if (!Object.hasOwn(FIELDS, kind)) return null;
  const rows = FIELDS[kind].filter((name) => data[name] ?? false).map((name) =>
    el("div", { class: name }, el("dt", {}, say.words.field[name]), el("dd", {}, ...told(name, String(data[name]), say))));
  const paid = kind === "receipt" ? data.stage : data.payment?.stage;
  const state = say.words.state[data.state];
  const title = say.words.card[kind];
  const name = hiddenText(` ${title} ${data.number ?? ""}`);
  return el("section", { class: "card", "aria-label": name.textContent.trim() },
    el("div", { class: "top" }, el("strong", {}, title), state && el("span", { class: `state ${data.state}` }, state)),
    data.number && number(data.number, say, tell),
    el("dl", {}, ...rows),
    paid && stages(paid, say),
    el("button", { type: "button", class: "quiet", onclick: (click) => print(click.target.closest(".answer"), say) },
      icon("print"), say("print"), name));
}

function number(value, say, tell) {
  const shown = ltr(value);
  const label = el("span", {}, say("copy"));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      label.textContent = say("copied");
      tell(say("copied"));
    } catch {
      getSelection().selectAllChildren(shown); // by hand, then
    }
  };
  return el("div", { class: "number" }, shown,
    el("button", { type: "button", class: "quiet", onclick: copy }, icon("copy"), label, hiddenText(` ${value}`)));
}

function told(name, value, say) {
  if (MONEY.test(name)) return [ltr(Number(value).toLocaleString("en-US").replace(/\.(\d)$/, ".$10")), ` ${say("money")}`];
  if (DAY.test(name)) {
    const [day, hijri] = say.dates(value);
    return [el("bdi", {}, day), el("small", {}, el("bdi", {}, hijri))];
  }
  return rich((name === "stage" && say.words.stage[value - 1]) || value);
}

function stages(reached, say) {
  return el("ol", { class: "stages" }, ...say.words.paid.map((name, place) =>
    el("li", { class: place < reached && "done", "aria-current": place + 1 === reached && "step" },
      place < reached ? icon("check") : el("i"), name)));
}

function print(answer, say) {
  const copy = answer.cloneNode(true);
  for (const unwanted of copy.querySelectorAll("button, .sr")) unwanted.remove();
  const page = el("suspension-print", { lang: say.language, dir: say.dir, theme: "light", "aria-hidden": "true" });
  const root = page.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet(STYLE)];
  root.append(el("h2", {}, say("title")), copy, el("p", {}, say("printed", { date: say.dates(new Date().toISOString())[0] })));
  const rule = sheet(PRINT);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, rule];
  document.body.append(page);
  addEventListener("afterprint", () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== rule);
    page.remove();
  }, { once: true });
  window.print();
}

export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}
