// Text for constructed sheets: a strict page forbids <style>.

const DARK = `
  --accent:var(--sa-accent, #86d3de); --on-accent:var(--sa-on-accent, #05262d);
  --surface:var(--sa-surface, #151d21); --ground:var(--sa-ground, #0d1316);
  --text:var(--sa-text, #e9eff1); --muted:var(--sa-muted, #a8b8bf);
  --own:var(--sa-own, #194650); --on-own:var(--sa-on-own, #eefafc);
  --line:var(--sa-line, #2c3b42); --edge:#7b8f98; --good:#9bdcb0; --bad:#ffb4ab; --soft:#1c2a30;`;

export const STYLE = `
:host { all:initial;
  --accent:var(--sa-accent, #0a5868); --on-accent:var(--sa-on-accent, #fff);
  --surface:var(--sa-surface, #fff); --ground:var(--sa-ground, #f3f6f7);
  --text:var(--sa-text, #15232a); --muted:var(--sa-muted, #4d5f68);
  --own:var(--sa-own, #d6eaee); --on-own:var(--sa-on-own, #0c2a32);
  --line:var(--sa-line, #d7dfe3); --edge:#74868f; --good:#17603a; --bad:#a3261c; --soft:#eaf1f3;
  --radius:var(--sa-radius, 1em); --block:var(--sa-offset-block, 20px); --inline:var(--sa-offset-inline, 20px);
  font-size:var(--sa-font-size, medium); }
@media (prefers-color-scheme:dark) { :host(:not([theme=light])) {${DARK} color-scheme:dark; } }
:host([theme=dark]) {${DARK} color-scheme:dark; }
:host([text=large]) .root { font-size:1.3em; }
.root { color:var(--text); line-height:1.6; -webkit-text-size-adjust:none; text-align:start;
  font-family:var(--sa-font, system-ui, "Noto Sans Arabic", sans-serif); }
*, ::before, ::after { box-sizing:border-box; }
[hidden] { display:none !important; }
.sr { position:absolute; inline-size:1px; block-size:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap; user-select:none; }
button, textarea { font:inherit; color:inherit; margin:0; }
button { cursor:pointer; min-block-size:44px; min-inline-size:44px; border:1px solid transparent; touch-action:manipulation; }
:focus-visible { outline:3px solid var(--accent); outline-offset:2px; }
p, h2, dl, dd, ol { margin:0; padding:0; }
.icon { inline-size:1.35em; block-size:1.35em; flex:none; fill:none; stroke:currentColor; stroke-width:1.8; stroke-linecap:round;
  stroke-linejoin:round; vertical-align:middle; }
[dir=rtl] .i-send { transform:scaleX(-1); }

.launcher { position:fixed; inset-block-end:var(--block); inset-inline-end:var(--inline); z-index:var(--sa-z, 99999); display:flex;
  align-items:center; gap:.6em; min-block-size:56px; padding-inline:1.2em; border-radius:28px; background:var(--accent);
  color:var(--on-accent); font-weight:600; box-shadow:0 3px 14px #0004; }
.launcher .i-down, .launcher[aria-expanded=true] .i-chat { display:none; }
.launcher[aria-expanded=true] .i-down { display:block; }
.badge { position:absolute; inset-block-start:-6px; inset-inline-start:-2px; min-inline-size:1.7em; padding-inline:.35em; border-radius:1em;
  background:#b3261e; color:#fff; border:2px solid #fff; font-size:.85em; line-height:1.5; text-align:center; }

dialog { position:fixed; inset:auto; inset-block-end:calc(var(--block) + 68px); inset-inline-end:var(--inline); z-index:var(--sa-z, 99999);
  inline-size:min(var(--sa-width, 25em), 100vw - 2 * var(--inline)); block-size:min(var(--sa-height, 43em), 100vh - 2 * var(--block) - 72px);
  max-inline-size:none; max-block-size:none; margin:0; padding:0; border:1px solid var(--line); border-radius:var(--radius);
  flex-direction:column; overflow:hidden; background:var(--surface); color:inherit; box-shadow:0 6px 40px #0004; }
dialog[open] { display:flex; }
dialog:focus { outline:none; }
.head { display:flex; align-items:center; gap:.5em; padding:.7em 1.1em; padding-inline-end:.5em; border-block-end:1px solid var(--line); }
.head > div { flex:1; min-inline-size:0; }
h2 { font-size:1.08em; line-height:1.4; }
.head p { color:var(--muted); font-size:.84em; }
.round { display:grid; place-items:center; flex:none; inline-size:44px; block-size:44px; padding:0; border-radius:50%; background:none; color:var(--muted); }
.round:hover { background:var(--soft); }
.banner { padding:.6em 1.1em; background:var(--soft); font-size:.92em; }
.banner.good { color:var(--good); }
.banner:empty, .typing:empty { padding:0; }

.middle { position:relative; flex:1; min-block-size:0; background:var(--ground); }
.log { position:relative; block-size:100%; overflow:hidden auto; overscroll-behavior:contain; overflow-anchor:none; padding:1em; }
.log:focus-visible { outline-offset:-3px; }
.older { display:block; margin:0 auto .6em; }
.newer { position:absolute; inset-block-end:.7em; inset-inline:0; margin-inline:auto; inline-size:fit-content; display:flex; align-items:center;
  gap:.4em; padding-inline:1em; border-radius:22px; background:var(--accent); color:var(--on-accent); box-shadow:0 2px 10px #0004; }
.line + .line { margin-block-start:.7em; }
.day, .divider { display:flex; align-items:center; gap:.8em; margin-block:1.2em .9em; color:var(--muted); font-size:.84em; text-align:center; }
.day::before, .day::after, .divider::before, .divider::after { content:""; flex:1 0 1em; border-block-start:1px solid var(--line); }
.bubble { inline-size:fit-content; max-inline-size:100%; padding:.65em .95em; border:1px solid var(--line); border-radius:var(--radius);
  white-space:pre-wrap; overflow-wrap:anywhere; background:var(--surface); border-start-start-radius:.3em; }
.mine { display:flex; flex-direction:column; align-items:flex-end; margin-block:1.1em .8em; }
.mine .bubble { max-inline-size:85%; background:var(--own); color:var(--on-own); border-color:transparent; border-radius:var(--radius);
  border-end-end-radius:.3em; }
.unsent .bubble { background:none; border:1px dashed var(--bad); color:inherit; }
.file { display:flex; align-items:center; gap:.5em; }
.foot { display:flex; align-items:center; gap:.3em; color:var(--muted); font-size:.88em; }
.foot:empty { display:none; }
.foot .icon, .veiled .icon { inline-size:1.1em; }
.unsent .foot { color:var(--bad); }
progress { inline-size:9em; accent-color:var(--accent); margin-block-start:.5em; }
bdi { unicode-bidi:isolate; }
.num, .whole { white-space:nowrap; }
.whole { -webkit-user-select:all; user-select:all; }
a { color:var(--accent); text-decoration:underline; text-underline-offset:.2em; unicode-bidi:isolate; font-weight:600; }
.veiled { display:flex; align-items:flex-start; gap:.5em; color:var(--muted); font-size:.92em; padding-inline:.3em; }

.stepper { margin-block-end:.45em; }
.stepper strong { display:block; font-size:.92em; color:var(--accent); }
.bar { display:flex; gap:4px; margin-block-start:.25em; max-inline-size:20em; }
.bar i { flex:1; block-size:6px; border-radius:3px; background:var(--line); border:1px solid transparent; }
.bar .done { background:var(--accent); }

.replies { display:flex; flex-wrap:wrap; gap:.5em; margin-block-start:.6em; }
.replies button { padding:.4em 1.1em; border:1.5px solid var(--accent); border-radius:22px; background:var(--surface); color:var(--accent);
  font-weight:600; line-height:1.4; text-align:start; overflow-wrap:anywhere; }
.replies button:hover, .quiet:hover { background:var(--soft); }
.line:has(~ .line > .mine) .replies button { border:1px solid var(--edge); color:var(--muted); font-weight:400; background:none; }
.line .replies .chosen, .line:has(~ .line > .mine) .replies .chosen { background:var(--own); color:var(--on-own); border-color:transparent; }
.quiet { display:inline-flex; align-items:center; gap:.4em; padding:.3em .8em; border-radius:22px; background:none; color:var(--accent);
  font-size:.92em; font-weight:600; }
.foot .quiet { font-size:1em; text-decoration:underline; text-underline-offset:.2em; padding-inline:.4em; }

.card { margin-block-start:.5em; padding:.9em 1em .3em; border:1px solid var(--line); border-inline-start:4px solid var(--accent);
  border-radius:.7em; background:var(--surface); }
.top { display:flex; flex-wrap:wrap; align-items:baseline; justify-content:space-between; gap:.2em .8em; }
.state { padding:.05em .7em; border:1px solid currentColor; border-radius:1em; color:var(--muted); font-size:.84em; }
.state.lifted, .state.granted { color:var(--good); }
.number { display:flex; flex-wrap:wrap; align-items:center; gap:0 .6em; }
.number bdi { font-size:1.3em; font-weight:700; letter-spacing:.04em; }
dl > div { display:grid; grid-template-columns:minmax(5.5em, 34%) 1fr; gap:.1em .8em; padding-block:.4em; border-block-start:1px solid var(--line); }
dt { color:var(--muted); font-size:.92em; }
dd { overflow-wrap:anywhere; }
small { display:block; color:var(--muted); font-size:.84em; }
.amount dd, .remaining dd { font-weight:700; font-size:1.1em; }
.card > .quiet { margin-inline-start:-.7em; }
.stages { list-style:none; padding-block:.5em; border-block-start:1px solid var(--line); }
.stages li { display:flex; align-items:center; gap:.6em; padding-block:.2em; color:var(--muted); }
.stages i { inline-size:1.35em; block-size:1.35em; flex:none; border:3px solid var(--edge); border-radius:50%; transform:scale(.6); }
.stages .done { color:var(--text); }
.stages .done .icon { color:var(--good); stroke-width:2.6; }
.stages [aria-current] { font-weight:700; }

.typing { display:flex; align-items:center; gap:.6em; padding:.4em 1.1em; background:var(--ground); color:var(--muted); font-size:.92em; }
.dots { display:inline-flex; gap:3px; }
.dots i { border:3px solid; border-radius:50%; }
.composer { display:flex; align-items:flex-end; gap:.4em; padding:.6em; border-block-start:1px solid var(--line); padding-block-end:calc(.6em + env(safe-area-inset-bottom)); }
textarea { flex:1; min-inline-size:0; min-block-size:44px; max-block-size:8em; padding:.5em .9em; resize:none; overflow-y:auto;
  font-size:max(1em, 16px); line-height:1.5; border:1px solid var(--edge); border-radius:22px; background:var(--surface); color:var(--text); }
textarea::placeholder { color:var(--muted); opacity:1; }
textarea:focus-visible { outline-offset:0; outline-width:2px; }
.send, .send:hover { background:var(--accent); color:var(--on-accent); }
.send.idle { background:var(--soft); color:var(--muted); }
.composer .round:not(.send) { color:var(--accent); }
.count { padding:0 1.2em .7em; color:var(--muted); font-size:.88em; }

@media (max-width:479px), (max-height:479px) {
  dialog { inset:0; inset-block-end:auto; inline-size:100%; block-size:100vh; block-size:100dvh; border:0; border-radius:0; }
}
@media (max-width:359px) { .launcher .label { display:none; } dl > div { grid-template-columns:1fr; } }
@media (max-height:340px) { .head p { display:none; } .head { padding-block:0; } .composer { padding-block:.2em; } textarea { max-block-size:4em; } }
@media (prefers-reduced-motion:no-preference) {
  @keyframes in { from { opacity:0; } }
  @keyframes beat { 50% { opacity:.25; } }
  .line, .mine { animation:in .2s; }
  .dots { animation:beat 1.2s infinite; }
}
@media (forced-colors:active) {
  .bar .done { background:Highlight; forced-color-adjust:none; }
}
@media print { .root { display:none; } }`;

export const PRINT = `
suspension-print { display:none; }
@media print { body > :not(suspension-print) { display:none !important; } suspension-print { display:block; } }`;
