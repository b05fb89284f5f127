"""The report as one page for people: Arabic, nothing fetched, readable on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from bot.evaluation.compare import Change, Changes
from bot.evaluation.report import FIGURES

_BANDS = {"sure": "واثق، يجيب", "half": "نصف واثق، يسأل أيها تقصد", "lost": "لم يفهم"}

_MANY = 15
"""Rows; a longer table scrolls in its own box."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2530; --soft: #5a6573; --paper: #fbfaf7; --card: #fff; --edge: #e3dfd6;
  --mark: #6a4a7d; --good: #1d6b43; --bad: #a3262a; }
@media (prefers-color-scheme: dark) { :root { --ink: #ecebe7; --soft: #b4b3ac; --paper: #17181b; --card: #202226;
  --edge: #34363b; --mark: #d0b3e2; --good: #7fd0a2; --bad: #f0908f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.7;
  font-family: system-ui, "Segoe UI", "Noto Sans Arabic", "Geeza Pro", Tahoma, sans-serif; }
main { max-inline-size: 68rem; margin-inline: auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin-block: .5rem 0; }
h2 { font-size: 1.2rem; margin-block: 2.2rem .4rem; }
p { margin-block: .3rem .6rem; max-inline-size: 46rem; }
.soft, caption { color: var(--soft); font-size: .92rem; }
.box { overflow: auto; border: 1px solid var(--edge); border-radius: .5rem; background: var(--card); }
.long { max-block-size: 30rem; }
table { border-collapse: collapse; inline-size: 100%; font-size: .95rem; }
th, td { padding: .35rem .6rem; text-align: start; vertical-align: top; border-block-end: 1px solid var(--edge); }
tr:last-child td { border-block-end: 0; }
th { position: sticky; inset-block-start: 0; background: var(--card); color: var(--soft); font-weight: 600; }
td.label { min-inline-size: 9rem; }
td.text { min-inline-size: 13rem; unicode-bidi: plaintext; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
code { direction: ltr; unicode-bidi: isolate; font-size: .88em; }
.good { color: var(--good); }
.bad { color: var(--bad); }
details { margin-block: .5rem; }
summary { cursor: pointer; padding-block: .25rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .6rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--card); }
svg { display: block; inline-size: 100%; max-inline-size: 26rem; margin-inline: auto; direction: ltr; }
svg text { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--edge); }
.ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
.curve { fill: none; stroke: var(--mark); stroke-width: 2; }
.dot { fill: var(--mark); }
.right { fill: var(--good); }
.wrong { fill: var(--bad); }
"""


_OF_PLOTS = ("svg text", ".grid", ".ideal", ".curve", ".dot")


def page(report: dict[str, Any], changes: Changes | None) -> str:
    held_out, model = report["held_out"], report["model"]
    sections = [
        _figures(report["figures"], changes),
        _changes(changes) if changes else "",
        _confused(report["confused"]),
        _bands(report["bands"]),
        _calibration(report["calibration"]),
        _refused(report["refused"]),
        _varieties(report["varieties"]),
        _intents(report["intents"]),
        _pairs(report["pairs"]),
        _entities(report["entities"], report["entity_sentences"]),
    ]
    return f"""<!doctype html>
<html lang="ar" dir="rtl">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>قياس الفهم</title>
<style>{_STYLE}</style>
<main>
<h1>قياس الفهم</h1>
<p class="soft">النموذج {_code(model["name"])}، والبيانات والشيفرة {_code(report["data_hash"])}،
{_time(report["made"])}<br>
{held_out["sentences"]} جملة لم يُدرَّب عليها (منها {held_out["out_of_scope"]} خارج النطاق)،
و{held_out["pairs"]} رسالة بطلبين، و{held_out["entity_sentences"]} جملة لقياس القيم.</p>
{"".join(sections)}
</main>
</html>
"""


def _figures(figures: dict[str, Any], changes: Changes | None) -> str:
    rows = []
    for name, figure in FIGURES.items():
        label = f'<td class="label">{figure.ar}<br><bdi class="soft">{figure.en}</bdi></td>'
        rows.append(f"{label}{_share(figures[name])}{_before(name, figures[name], changes) if changes else ''}")
    headers = ["المقياس", "الآن", *(["قبل", "الفرق"] if changes else [])]
    return f"<h2>الخلاصة</h2>{_table(headers, rows)}"


def _before(name: str, now: float | None, changes: Changes) -> str:
    before = changes.figures[name]
    if before is None or now is None or f"{before:.1%}" == f"{now:.1%}":
        return f'{_share(before)}<td class="number soft">—</td>'
    better = (now > before) == FIGURES[name].higher_is_better
    return f'{_share(before)}<td class="number {"good" if better else "bad"}"><bdi>{now - before:+.1%}</bdi></td>'


def _changes(changes: Changes) -> str:
    return f"""<h2>الفرق عن القياس السابق</h2>
<p class="soft">السابق: النموذج {_code(changes.model)}، {_time(changes.made)}.
جمل جديدة {changes.new}، وجمل لم تعد {changes.gone}.</p>
{_details(f"صارت خطأ: {len(changes.became_wrong)}", _change_rows(changes.became_wrong), bool(changes.became_wrong))}
{_details(f"صارت صحيحة: {len(changes.became_right)}", _change_rows(changes.became_right))}
"""


def _change_rows(changed: Iterable[Change]) -> str:
    rows = [_text(one.text) + _names(one.wanted) + _names(one.before) + _names(one.now) for one in changed]
    return _table(["الجملة", "المقصود", "فُهم قبل", "فُهم الآن"], rows)


def _confused(confused: list[dict[str, Any]]) -> str:
    wrong = sum(len(pair["sentences"]) for pair in confused)
    pairs = [
        _details(
            f"{len(pair['sentences'])} × {_code(pair['wanted'])} ← {_code(pair['said'] or '—')}",
            _sentence_rows(pair["sentences"]),
        )
        for pair in confused
    ]
    return f"""<h2>ما يلتبس</h2>
<p class="soft">{wrong} جملة أولها غير صحيح: المقصود، ثم ما فُهم، والأكثر أولًا.</p>
{"".join(pairs)}"""


def _sentence_rows(sentences: Iterable[dict[str, Any]]) -> str:
    rows = [
        _text(one["text"])
        + _share(one["confidence"])
        + f"<td>{_code(one['band'])}</td><td>{_code(one['variety'])}</td>"
        + _names(one["wanted"])
        + _names(one["said"])
        for one in sentences
    ]
    return _table(["الجملة", "الثقة", "النطاق", "اللهجة", "المقصود", "فُهم"], rows)


def _bands(bands: dict[str, dict[str, int]]) -> str:
    rows = [
        f'<td class="label">{_BANDS[band]} {_code(band)}</td>'
        + _number(of["count"])
        + _number(of["right"])
        + _share(of["right"] / of["count"] if of["count"] else None)
        + _number(of["offered"])
        for band, of in bands.items()
    ]
    headers = ["الثقة", "الرسائل", "الصحيح أولًا", "نسبته", "الصحيح بين الثلاثة"]
    return f"<h2>بأي ثقة يجيب</h2>{_table(headers, rows)}"


def _calibration(bins: list[dict[str, Any]]) -> str:
    rows = [
        f'<td class="number"><bdi>{one["low"]:.1f}–{one["high"]:.1f}</bdi></td>'
        + _number(one["count"])
        + _share(one["stated"])
        + _share(one["right"])
        for one in bins
    ]
    return f"""<h2>هل الثقة صادقة</h2>
<p class="soft">حين يقول 80% ينبغي أن يصيب في ثمانٍ من عشر: المنحنى على القطر. والنقطة بقدر رسائلها.</p>
<div class="plots"><figure>{_reliability(bins)}</figure><figure>{_histogram(bins)}</figure></div>
{_details("الأرقام", _table(["الثقة", "الرسائل", "متوسط الثقة", "الصحيح"], rows))}"""


_SIDE, _LEFT, _TOP = 240, 40, 10
"""Of the square that is plotted in, in the units of the picture."""


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _SIDE, 1)


def _frame(inside: str, label: str, up: Sequence[tuple[float, str]], title: str) -> str:
    lines = [
        f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(at)}" y2="{_y(at)}"/>'
        f'<text x="{_LEFT - 5}" y="{_y(at) + 4}" text-anchor="end">{words}</text>'
        for at, words in up
    ]
    across = [f'<text x="{_x(at / 4)}" y="{_y(0) + 16}" text-anchor="middle">{at / 4:.0%}</text>' for at in range(5)]
    return f"""<svg viewBox="0 0 {_LEFT + _SIDE + 20} {_TOP + _SIDE + 42}" role="img" aria-label="{title}">
{"".join(lines)}{"".join(across)}{inside}
<text x="{_x(0.5)}" y="{_y(0) + 36}" text-anchor="middle">{label}</text></svg>"""


def _reliability(bins: list[dict[str, Any]]) -> str:
    filled = [one for one in bins if one["count"]]
    most = max((one["count"] for one in filled), default=1)
    curve = " ".join(f"{_x(one['stated'])},{_y(one['right'])}" for one in filled)
    dots = [
        f'<circle class="dot" cx="{_x(one["stated"])}" cy="{_y(one["right"])}" r="{3 + 6 * one["count"] / most:.1f}">'
        f"<title>{one['count']}: {one['stated']:.1%} → {one['right']:.1%}</title></circle>"
        for one in filled
    ]
    return _frame(
        f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
        f'<polyline class="curve" points="{curve}"/>{"".join(dots)}',
        "stated confidence → share right",
        [(at / 4, f"{at / 4:.0%}") for at in range(5)],
        "منحنى صدق الثقة",
    )


def curve(report: dict[str, Any]) -> str:
    """The reliability curve as a picture of its own, in the colours of the page."""
    colours = _STYLE[: _STYLE.index("*")]
    own = "\n".join(line for line in _STYLE.splitlines() if line.startswith(_OF_PLOTS))
    style = f"<style>{colours}svg {{ background: var(--card); font-family: sans-serif; }}\n{own}</style>"
    picture = _reliability(report["calibration"]).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return picture.replace(">", f">{style}", 1)


def _histogram(bins: list[dict[str, Any]]) -> str:
    most = max((one["count"] for one in bins), default=0) or 1
    bars = []
    for one in bins:
        right = one["count"] * (one["right"] or 0) / most
        whole = one["count"] / most
        place = f'x="{_x(one["low"]) + 2}" width="{_SIDE / len(bins) - 4:.1f}"'
        bars.append(
            f'<rect class="right" {place} y="{_y(right)}" height="{right * _SIDE:.1f}"/>'
            f'<rect class="wrong" {place} y="{_y(whole)}" height="{(whole - right) * _SIDE:.1f}"/>'
        )
    up = [(0, "0"), (1, f"{most}")]
    return _frame("".join(bars), "messages by stated confidence (green: right)", up, "الرسائل حسب الثقة")


def _refused(refused: list[dict[str, Any]]) -> str:
    rows = _sentence_rows(refused) if refused else ""
    return f"""<h2>خارج النطاق</h2>
<p class="soft">في الخلاصة قياسان: ما رُدّ صراحة (فُهم أنه خارج النطاق، أو لم يُفهم)، وما لم يُجب بثقة على أنه سؤال
من أسئلتنا، ومنه ما سُئل صاحبه أيها يقصد. وهذه أسئلة حقيقية رُدّت:</p>
{_details(f"أسئلة حقيقية رُدّت: {len(refused)}", rows)}"""


def _varieties(varieties: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"<td>{_code(name)}</td>{_number(of['count'])}{_share(of['first'])}{_share(of['three'])}"
        for name, of in sorted(varieties.items(), key=lambda item: item[1]["first"])
    ]
    return f"<h2>اللهجات</h2>{_table(['اللهجة', 'الجمل', 'الصحيح أولًا', 'بين الثلاثة'], rows)}"


def _intents(intents: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"<td>{_code(name)}</td>"
        + _number(of["count"])
        + _share(of["precision"])
        + _share(of["recall"])
        + _share(of["f1"])
        for name, of in sorted(intents.items(), key=lambda item: item[1]["f1"] or 0)
    ]
    headers = ["النية", "الجمل", "الدقة precision", "الاستدعاء recall", "F1"]
    return f'<h2>النيات</h2><p class="soft">الأضعف أولًا.</p>{_table(headers, rows)}'


def _pairs(pairs: list[dict[str, Any]]) -> str:
    wrong = [pair for pair in pairs if not pair["right"]]
    rows = [_text(pair["text"]) + _names(pair["wanted"]) + _names(pair["said"]) for pair in wrong]
    table = _table(["الرسالة", "المقصود", "فُهم"], rows)
    return f"""<h2>رسائل بطلبين</h2>
{_details(f"لم يُفهم كلا الطلبين: {len(wrong)} من {len(pairs)}", table)}"""


def _entities(kinds: dict[str, dict[str, Any]], sentences: list[dict[str, Any]]) -> str:
    wrong = [sentence for sentence in sentences if not sentence["right"]]
    rows = [
        f"<td>{_code(kind)}</td>{_number(of['count'])}{_share(of['precision'])}{_share(of['recall'])}"
        for kind, of in kinds.items()
    ]
    listed = [
        _text(one["text"]) + _names(one["missed"]) + _names(one["extra"]) + f"<td>{_code(one['variety'])}</td>"
        for one in wrong
    ]
    return f"""<h2>القيم في الجمل</h2>
<p class="soft">تصح القيمة بنوعها ومقدارها معًا.</p>
{_table(["النوع", "العدد", "الدقة precision", "الاستدعاء recall"], rows)}
{_details(f"جمل فيها خطأ: {len(wrong)} من {len(sentences)}", _table(["الجملة", "فات", "زاد", "اللهجة"], listed))}"""


def _table(headers: Iterable[str], rows: Sequence[str]) -> str:
    """`headers` are plain words, `rows` are cells ready to be shown."""
    if not rows:
        return '<p class="soft">لا شيء.</p>'
    head = "".join(f"<th>{header}</th>" for header in headers)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    box = "box long" if len(rows) > _MANY else "box"
    return f'<div class="{box}" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _details(summary: str, inside: str, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>{inside}</details>"


def _text(text: str) -> str:
    return f'<td class="text">{escape(text)}</td>'


def _names(names: Iterable[str]) -> str:
    return f"<td>{'<br>'.join(map(_code, names)) or '—'}</td>"


def _number(number: int) -> str:
    return f'<td class="number">{number}</td>'


def _share(share: float | None) -> str:
    return f'<td class="number">{"—" if share is None else f"<bdi>{share:.1%}</bdi>"}</td>'


def _code(name: str) -> str:
    """May be broken after an underscore, nowhere else."""
    return f"<code>{escape(name).replace('_', '_<wbr>')}</code>"


def _time(iso: str) -> str:
    """To the minute; what is kept is UTC."""
    return f"<bdi>{escape(iso[:16].replace('T', ' '))} UTC</bdi>"
