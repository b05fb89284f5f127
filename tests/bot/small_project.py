"""The smallest project that `bot check` finds nothing wrong with; tests break a copy of it."""

from __future__ import annotations

from pathlib import Path

SENTENCES = "".join(f"    - جملة {number}\n" for number in range(30))

FILES = {
    "domain.yml": """\
entities: [bank]
slots:
  pay__bank: {type: any, mappings: [{type: custom}]}
forms:
  pay_form: {required_slots: [pay__bank]}
actions:
  - validate_pay_form
  - action_pay
""",
    "actions/payment/action_pay.py": """\
class ActionPay:
    action_name = "action_pay"

    def act(self, say, guide):
        say("utter_paid", amount=1, state="open")
        say(f"utter_guide_{guide}_done")
""",
    "actions/payment/validate_pay_form.py": """\
class ValidatePayForm:
    form = "pay_form"
""",
    "bot/frames.py": """\
FRAMES = ("utter_guide_step", "utter_guide_problem")
""",
    "data/intents.yml": """\
faq:
  ask_fees:
    title: {ar: "الرسوم", en: "Fees"}
    belongs: "سؤال عن الرسوم"
    not_here: "تحية → greet"
transaction:
  pay_now:
    title: {ar: "السداد", en: "Pay"}
    belongs: "أريد أن أسدد"
    not_here: "سؤال عن الرسوم → ask_fees"
conversation:
  greet:
    title: {ar: "تحية", en: "Greeting"}
    belongs: "سلام"
    not_here: "سؤال → ask_fees"
""",
    "data/facts.yml": """\
facts:
  ask_fees:
  - {id: FEE-1, source_title: Ministry, date: '2024-01-01', confidence: official, status: current}
  - {id: FEE-2, source_title: Article, date: undated, confidence: article, status: unverified}
  - {id: FEE-3, source_title: Ministry, date: '2024-01-01', confidence: secondary, status: wrong}
  - {id: FEE-4, source_title: Article, date: undated, confidence: article, status: current}
beyond_articles:
- {id: OLD-1, source_title: Ministry, date: '2024-01-01', confidence: official, status: old_law_M53}
slips:
- {wrong: الرسوم ألف ريال, instead: لا رسوم}
sources:
- {title: Ministry, date: '2024-01-01', ar: وزارة العدل, en: Ministry of Justice,
   date_ar: 1 يناير 2024, date_en: 1 January 2024}
- {title: Article, date: undated, ar: مقالة, en: An article, date_ar: بلا تاريخ, date_en: undated, shown: false}
""",
    "data/guides/small.yml": """\
name: small
title: {ar: "دليل صغير", en: "Small guide"}
steps:
  - facts: [FEE-1]
    ar:
      text: |-
        فتح التطبيق.
      problem: |-
        فتحه من جديد.
    en:
      text: |-
        Open the app.
      problem: |-
        Open it again.
  - facts: [FEE-2]
    ar:
      text: |-
        اختيار السداد.
      problem: |-
        سؤال البنك.
    en:
      text: |-
        Choose to pay.
      problem: |-
        Ask the bank.
    unverified:
      ar: "كما نُشر، وقد يختلف الاسم."
      en: "As published; the name may differ."
""",
    "data/reference/banks.yml": """\
- {key: rajhi, ar: مصرف الراجحي, en: Al Rajhi Bank}
""",
    "data/reference/labels.yml": """\
missing:
  invoice_number: {ar: "رقم فاتورتك", en: "your invoice number"}
state:
  open: {ar: "سارية", en: "in force"}
  closed: {ar: "مرفوعة", en: "lifted"}
""",
    "data/reference/services.yml": """\
- {key: passport, ar: الجواز, en: passport}
""",
    "data/rules/rules.yml": """\
rules:
  - rule: pay
    steps: [{intent: pay_now}, {action: pay_form}, {active_loop: pay_form}]
""",
    "data/responses/faq/ask_fees.yml": """\
responses:
  utter_ask_fees:
    facts: [FEE-1, OLD-1]
    source: FEE-1
    ar:
      - text: |
          لا رسوم للرفع.
          المبلغ هو المطالبة.
        more: |
          التفصيل هنا.
        buttons:
          - {title: "السداد", intent: pay_now}
      - when: {kind: government}
        facts: [FEE-1]
        text: |
          لا رسوم عند الجهة.
    en:
      - text: |
          Lifting costs nothing.
          The sum is the claim.
        more: |
          Here is more.
        buttons:
          - {title: "Pay", intent: pay_now}
      - when: {kind: government}
        facts: [FEE-1]
        text: |
          The body takes no fee.
""",
    "data/responses/conversation/greet.yml": """\
responses:
  utter_greet:
    ar: "أهلًا."
    en: "Hello."
""",
    "data/responses/transaction/pay.yml": """\
responses:
  utter_ask_pay__bank:
    ar:
      - text: "أي بنك؟"
        buttons:
          - {title: "الراجحي", intent: choose_bank, entities: {bank: rajhi}}
    en:
      - text: "Which bank?"
        buttons:
          - {title: "Al Rajhi", intent: choose_bank, entities: {bank: rajhi}}
  utter_paid:
    ar:
      - text: "وصل {amount:money}، والقضية {state:state}."
    en:
      - text: "{amount:money} arrived; the case is {state:state}."
""",
    "data/responses/transaction/guide.yml": """\
responses:
  utter_guide_step:
    ar:
      - text: "{guide}: الخطوة {step} من {of}"
        buttons:
          - {title: "تحية", intent: greet}
    en:
      - text: "{guide}: step {step} of {of}"
        buttons:
          - {title: "Greet", intent: greet}
  utter_guide_problem:
    ar: "مساعدة في الخطوة {step}"
    en: "Help with step {step}"
  utter_guide_small_done:
    ar: "انتهى."
    en: "Done."
""",
    **{
        f"data/nlu/{group}/{intent}.yml": f"nlu:\n- intent: {intent}\n  examples: |\n"
        + SENTENCES.replace("جملة", f"جملة {intent}")
        for group, intent in (("faq", "ask_fees"), ("transaction", "pay_now"), ("conversation", "greet"))
    },
    "tests/nlu/faq/ask_fees.yml": """\
intent: ask_fees
sentences:
  - {text: "كم الرسوم يا ناس", variety: msa}
""",
}


def write(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def change(root: Path, name: str, old: str, new: str) -> None:
    """The first `old` in the file becomes `new`; a file that is not there yet is `new`."""
    path = root / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(new, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
