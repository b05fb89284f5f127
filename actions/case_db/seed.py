"""The demonstration population: 200 invented people and every state that a journey can meet.

Who they are and what they have is the same every time; days count back from `today`, so that a payment of yesterday
is always yesterday's. Ten of them are personas: `bot demo people` introduces them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import cycle, islice

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db.models import Case, Citizen, Invoice, Measure, Payment, PaymentStage, Request
from actions.settings import demo_only, settings
from bot.text.dates import RIYADH
from bot.text.national_id import check_digit

PEOPLE = 200
SEED = 1445

COURT = ("travel_ban", "bank_bar")
FULL = (*COURT, "attorney_bar", "disclosure")
SALARY = (*COURT, "salary_garnishment")


@dataclass(frozen=True)
class Story:
    """What became of one case. Numbers are days before today; None means that it did not happen."""

    referred: int | None = 60
    decision_34: int | None = 50
    decision_46: int | None = 40
    measures: tuple[str, ...] = COURT
    invoice: str | None = None
    issued: int = 10
    paid: int | None = None
    """The stage that the payment reached; 5 lifts the case."""
    part: Decimal = Decimal(1)
    """How much of the claim the invoice asks for."""
    lift: str | None = None
    grace: str | None = None
    government: int | None = None
    """The stage of impact: a government case, which has none of the above."""
    lifted: int | None = None
    claim: Decimal | None = None
    """A persona's; everybody else's is drawn."""


BEFORE_46 = replace(Story(), decision_46=None, measures=())
IN_FORCE = Story()
UNPAID = Story(invoice="issued")
PAID = [Story(invoice="paid", issued=12, paid=stage) for stage in (1, 2, 3, 4)]
LIFTED = Story(invoice="paid", issued=25, paid=5, lift="granted", lifted=6)
GOVERNMENT = [Story(government=stage) for stage in (1, 2, 3)]

STORIES: tuple[tuple[Story, ...], ...] = (
    (),
    (replace(BEFORE_46, referred=None, decision_34=None),),
    (replace(BEFORE_46, referred=0, decision_34=None),),
    (replace(BEFORE_46, referred=9, decision_34=None),),
    (replace(BEFORE_46, referred=0, decision_34=0),),
    (replace(BEFORE_46, referred=15, decision_34=4),),
    (IN_FORCE,),
    (replace(IN_FORCE, measures=FULL),),
    (replace(IN_FORCE, measures=SALARY),),
    (UNPAID,),
    (replace(UNPAID, invoice="expired", issued=45),),
    (replace(UNPAID, invoice="cancelled"),),
    *((story,) for story in PAID),
    (replace(PAID[3], part=Decimal("0.4")),),
    (LIFTED,),
    (replace(LIFTED, lift=None),),
    (replace(PAID[3], lift="filed"),),
    (replace(PAID[3], lift="under_review"),),
    (replace(IN_FORCE, lift="filed"),),
    (replace(IN_FORCE, lift="refused"),),
    (replace(IN_FORCE, grace="filed"),),
    (replace(IN_FORCE, grace="under_review"),),
    (replace(IN_FORCE, grace="granted"),),
    (replace(IN_FORCE, grace="refused"),),
    *((story,) for story in GOVERNMENT),
    (replace(GOVERNMENT[1], lifted=3),),
    (IN_FORCE, UNPAID),
    (IN_FORCE, LIFTED),
    (PAID[1], GOVERNMENT[0]),
    (UNPAID, IN_FORCE, GOVERNMENT[2]),
)
"""What somebody has; dealt out in turn to those who are no persona."""


@dataclass(frozen=True)
class Persona:
    key: str
    national_id: str
    name: str
    stories: tuple[Story, ...]
    try_this: str


PERSONAS = (
    Persona(
        "one_case",
        "1900100015",
        "نورة سالم الحارثي",
        (replace(IN_FORCE, claim=Decimal("14250.00")),),
        "قضية تنفيذ واحدة لم تصدر فاتورتها: إصدار الفاتورة ثم السداد خطوة بخطوة",
    ),
    Persona(
        "three_cases",
        "1900100023",
        "فهد عبدالله الشهري",
        (
            replace(IN_FORCE, claim=Decimal("8600.50")),
            replace(IN_FORCE, claim=Decimal("52000.00"), measures=SALARY),
            GOVERNMENT[0],
        ),
        "قضيتا تنفيذ وإيقاف من جهة حكومية: اختيار القضية وتصحيح الاختيار",
    ),
    Persona("no_case", "1900100031", "ريم خالد العمري", (), "لا قضايا: ما يقال لمن ليس عليه شيء"),
    Persona(
        "unpaid_invoice",
        "1900100049",
        "سلطان محمد الزهراني",
        (replace(UNPAID, claim=Decimal("23400.00")),),
        "فاتورة صادرة لم تسدد: السداد خطوة بخطوة، ثم bot demo pay",
    ),
    Persona(
        "paid_invoice",
        "1900100056",
        "أمل سعد الغامدي",
        (replace(PAID[0], claim=Decimal("6750.00")),),
        "فاتورة مسددة في المرحلة الأولى: متابعة السداد، ثم bot demo advance",
    ),
    Persona(
        "lift_filed",
        "1900100064",
        "ماجد يوسف القرني",
        (replace(PAID[3], claim=Decimal("31000.00"), lift="filed"),),
        "سداد كامل وطلب رفع مقدم: متابعة الطلب وموعده المتوقع",
    ),
    Persona(
        "lifted",
        "1900100072",
        "هند ناصر البقمي",
        (replace(LIFTED, claim=Decimal("4300.00")),),
        "قضية رفع إيقافها: ما يقال بعد الرفع",
    ),
    Persona(
        "resident",
        "2900100088",
        "سمير حسن عبدالرحيم",
        (replace(IN_FORCE, claim=Decimal("9900.00")),),
        "مقيم برقم إقامة عليه قضية تنفيذ واحدة",
    ),
    Persona(
        "grace_granted",
        "1900100098",
        "عبير علي العسيري",
        (replace(IN_FORCE, claim=Decimal("18000.00"), grace="granted"),),
        "مهلة مقبولة: الإجراءات مرفوعة مدة المهلة",
    ),
    Persona(
        "government_case",
        "1900100106",
        "تركي صالح الدوسري",
        (GOVERNMENT[1],),
        "إيقاف من جهة حكومية في المرحلة الثانية: لا فاتورة تنفيذ له",
    ),
)

# Faker's family names are those of known houses; nobody of them is to be found in debt here.
FAMILIES = (
    "الحربي", "القحطاني", "المطيري", "العتيبي", "الشمري", "الغامدي", "الزهراني", "الدوسري",
    "السبيعي", "العنزي", "البلوي", "الجهني", "الشهري", "الأحمري", "المالكي", "السلمي",
)  # fmt: skip
RESIDENT_FAMILIES = ("عبدالرحيم", "حسنين", "عبدالباقي", "سليم", "مصطفى", "إدريس", "شاكر", "عبدالغني")
CITIES = {"الرياض": 18, "جدة": 12, "مكة المكرمة": 8, "المدينة المنورة": 6, "الدمام": 9, "أبها": 5, "بريدة": 4}
"""City and number of circuits that we give its court."""
COMPANIES = (
    "مؤسسة ركن الواحة للتجارة", "شركة مسارات الندى للتأجير", "مؤسسة سقف البيت للعقار", "شركة غصن الشمال للتقسيط",
    "مؤسسة درب القوافل للنقل", "شركة نوافذ الضحى للأثاث", "مؤسسة ظلال السدر للمقاولات", "شركة مدى الوادي للأجهزة",
)  # fmt: skip
BODIES = {
    "أمانة المنطقة": "سند نظامي: غرامة بلدية لم تُسدَّد",
    "إدارة المرور": "سند نظامي: مخالفات لم تُسدَّد",
    "الجهة المشرفة على النشاط": "سند نظامي: مخالفة في مزاولة نشاط",
}
STOPPED = {
    1: ["recruitment", "visit_visa"],
    2: ["recruitment", "visit_visa", "municipal_licence", "vehicle_transfer"],
    3: ["recruitment", "visit_visa", "municipal_licence", "vehicle_transfer", "driving_licence"],
}
STAGE_DAYS = 15
GRACE_GRANTED = 20
"""Days ago."""
GRACE_MONTHS = 6
REASONS = {"lift": "سداد كامل المطالبة بفاتورة التنفيذ", "grace": "تعثر مؤقت في الدخل ورغبة في السداد على مهلة"}


def seed(engine: Engine, today: dt.date | None = None) -> int:
    """Write the population into an empty database; how many people were written, none where there are some."""
    demo_only(settings(), "Seeding invented people")
    with Session(engine, future=True) as session:
        if session.scalars(select(Citizen.id).limit(1)).first() is not None:
            return 0
        session.add_all(population(today or dt.datetime.now(RIYADH).date()))
        session.commit()
    return PEOPLE


def population(today: dt.date) -> list[Citizen]:
    return list(_Population(today).people())


class _Population:
    """Everything drawn comes from one source, in one order: the same people every time."""

    def __init__(self, today: dt.date) -> None:
        from faker import Faker  # here: the action server imports this module and never seeds

        self.today = today
        self.random = random.Random(SEED)  # noqa: S311 - invented data, nothing secret
        self.faker = Faker("ar_SA")
        self.faker.seed_instance(SEED)
        self.mobiles = iter(self.random.sample(range(10_000), PEOPLE))
        self.taken: set[str] = {persona.national_id for persona in PERSONAS}

    def people(self) -> Iterator[Citizen]:
        for persona in PERSONAS:
            yield self.citizen(persona.national_id, persona.name, persona.stories)
        for n, stories in enumerate(islice(cycle(STORIES), PEOPLE - len(PERSONAS))):
            resident = n % 5 == 4
            yield self.citizen(self.national_id("29" if resident else "19"), self.name(resident), stories)

    def citizen(self, national_id: str, name: str, stories: tuple[Story, ...]) -> Citizen:
        mobile = f"+96650000{next(self.mobiles):04}"
        return Citizen(national_id=national_id, name=name, mobile=mobile, cases=[self.case(story) for story in stories])

    def name(self, resident: bool) -> str:
        given = self.faker.first_name_female() if self.random.random() < 0.5 else self.faker.first_name_male()
        family = self.random.choice(RESIDENT_FAMILIES if resident else FAMILIES)
        return f"{given} {self.faker.first_name_male()} {family}"

    def national_id(self, prefix: str) -> str:
        def draw() -> str:
            first_nine = f"{prefix}{self.random.randrange(10**7):07}"
            return f"{first_nine}{check_digit(first_nine)}"

        return self.new(draw)

    def number(self, prefix: str, digits: int) -> str:
        rest = digits - len(prefix)
        return self.new(lambda: f"{prefix}{self.random.randrange(10**rest):0{rest}}")

    def new(self, draw: Callable[[], str]) -> str:
        while (drawn := draw()) in self.taken:
            pass
        self.taken.add(drawn)
        return drawn

    def ago(self, days: int | None) -> dt.date | None:
        return None if days is None else self.today - dt.timedelta(days=days)

    def at(self, days_ago: int) -> dt.datetime:
        """Ten in the morning in Riyadh, some days ago."""
        return dt.datetime.combine(self.ago(days_ago), dt.time(10), RIYADH)

    def case(self, story: Story) -> Case:
        case = self.government_case(story) if story.government else self.court_case(story)
        case.state = "lifted" if story.lifted is not None else "grace" if story.grace == "granted" else "in_force"
        case.lifted_at = None if story.lifted is None else self.at(story.lifted)
        return case

    def government_case(self, story: Story) -> Case:
        body, basis = self.random.choice(list(BODIES.items()))
        in_stage = self.random.randrange(1, STAGE_DAYS)
        return Case(
            number=self.number("80", 10),
            kind="government",
            opened_on=self.ago(in_stage + STAGE_DAYS * story.government),
            body=body,
            basis=basis,
            stage=story.government,
            stage_since=self.ago(in_stage),
            stage_until=self.ago(in_stage - STAGE_DAYS) if story.government < 3 else None,
            services_stopped=STOPPED[story.government],
        )

    def court_case(self, story: Story) -> Case:
        city = self.random.choice(list(CITIES))
        circuit = self.random.randint(1, CITIES[city])
        claim = story.claim or Decimal(self.random.randrange(30, 4000) * 50 + self.random.choice((0, 0, 0, 25)))
        case = Case(
            number=self.number("45", 10),
            kind="court",
            opened_on=self.ago(max(story.referred or 0, story.decision_34 or 0) + 5),
            court=f"محكمة التنفيذ ب{city}",
            circuit=f"دائرة التنفيذ {circuit}" if story.referred is not None else None,
            creditor=self.random.choice(COMPANIES) if self.random.random() < 0.7 else self.name(False),
            claim=claim,
            referred_on=self.ago(story.referred),
            decision_34_on=self.ago(story.decision_34),
            decision_46_on=self.ago(story.decision_46),
        )
        ended = story.lifted if story.lifted is not None else GRACE_GRANTED if story.grace == "granted" else None
        case.measures = [
            Measure(kind=kind, ordered_on=self.ago(story.decision_46), lifted_on=self.ago(ended))
            for kind in story.measures
        ]
        if story.invoice:
            case.invoices = [self.invoice(story, (claim * story.part).quantize(Decimal("0.01")))]
        case.requests = [
            self.request(kind, state, story) for kind, state in (("lift", story.lift), ("grace", story.grace)) if state
        ]
        if story.grace == "granted":
            case.grace_until = self.ago(GRACE_GRANTED - 30 * GRACE_MONTHS)
        return case

    def invoice(self, story: Story, amount: Decimal) -> Invoice:
        invoice = Invoice(
            number=self.number("70", 12),
            amount=amount,
            state=story.invoice,
            issued_at=self.at(story.issued),
            due_on=self.ago(story.issued - 30),
        )
        if story.paid:
            reached = [self.at((story.lifted or 1) + story.paid - stage) for stage in range(1, story.paid + 1)]
            invoice.payment = Payment(
                reference=f"DEMO-{invoice.number}",
                amount=amount,
                paid_at=reached[0],
                stages=[PaymentStage(stage=stage, reached_at=at) for stage, at in enumerate(reached, start=1)],
            )
        return invoice

    def request(self, kind: str, state: str, story: Story) -> Request:
        granted = story.lifted if kind == "lift" else GRACE_GRANTED
        decided = {"granted": granted, "refused": 3}.get(state)
        return Request(
            number=self.number("81" if kind == "lift" else "61", 8),
            kind=kind,
            state=state,
            reason=REASONS[kind],
            months=GRACE_MONTHS if kind == "grace" else None,
            filed_at=self.at((decided or 0) + 1),
            decided_at=None if decided is None else self.at(decided),
        )
