"""What the pretend phone promises, in a real Chromium against a small bot that answers through the pretend Graph API."""

# ruff: noqa: E501 (what the browser runs reads better on one line)

from __future__ import annotations

import asyncio
import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from aiohttp import ClientError, ClientSession
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from bot.channels.errors import add_errors
from bot.phone.graph import PREFIX, PretendGraph, sign
from bot.phone.page import FOLDER, PEOPLE, add_phone
from tests.scenarios.runner import free_port
from tests.servers import ask, listening

PATIENCE = 10
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
ROWS = [
    {"id": "r-why", "title": "سبب الإيقاف", "description": "معرفة الجهة التي أمرت به، وما يلزم لرفعه"},
    {"id": "r-pay", "title": "سداد الفاتورة", "description": "خطوة بخطوة من تطبيق البنك"},
    {"id": "r-lift", "title": "طلب الرفع", "description": "بعد السداد، وفي أي مرحلة هو الآن"},
    {"id": "r-human", "title": "موظف"},
]
LIST = {
    "type": "list", "body": {"text": "عن أي شيء السؤال؟"}, "footer": {"text": "القائمة باقية هنا"},
    "action": {"button": "عرض الخيارات", "sections": [{"title": "الخدمات", "rows": ROWS}]},
}  # fmt: skip
BUTTONS = {
    "type": "button",
    "body": {"text": "أهلًا بك. هنا *مساعد إيقاف الخدمات*، وهو برنامج آلي.\n\nالمتبقي \u206618,400.50\u2069 ريال، وتفاصيله في https://najiz.sa.\nما المطلوب؟"},
    "action": {"buttons": [
        {"type": "reply", "reply": {"id": "b-cases", "title": "قضاياي"}},
        {"type": "reply", "reply": {"id": "b-pay", "title": "سداد الفاتورة"}},
        {"type": "reply", "reply": {"id": "b-human", "title": "التحدث مع موظف"}},
    ]},
}  # fmt: skip
DOCUMENT = {"link": "https://example.invalid/a.pdf", "filename": "قرار.pdf", "caption": "نسخة القرار"}
LONG = "\n".join(f"سطر {number}: كلام طويل يملأ الشاشة ويلتف على أكثر من سطر" for number in range(40))


class Bot:
    """On a thread of its own. Tests look at what it `heard`; `mute` it and it says nothing."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.heard: list[dict[str, Any]] = []
        self.mute = False
        self.graph = PretendGraph("1001", "a token", "a secret", f"{self.address}/webhook")
        self.app = Sanic(f"phone-{uuid.uuid4().hex}", configure_logging=False)
        self.app.config.MOTD = False
        self.app.config.REQUEST_MAX_SIZE = 200_000  # as at the door
        add_errors(self.app)
        self.app.blueprint(self.graph.blueprint())
        self.phone = add_phone(self.app, self.graph)
        self.app.add_route(self.webhook, "/webhook", methods=["POST"])
        self.loop = asyncio.new_event_loop()
        self.over = asyncio.Event()
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self.serve(ready)), daemon=True)
        self.thread.start()
        assert ready.wait(PATIENCE)

    async def serve(self, ready: threading.Event) -> None:
        async with listening(self.app, self.port):
            ready.set()
            await self.over.wait()
            await self.graph.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(PATIENCE)

    async def webhook(self, request: Request) -> HTTPResponse:
        if not hmac.compare_digest(request.headers.get("x-hub-signature-256", ""), sign("a secret", request.body)):
            return HTTPResponse(status=403)
        for entry in json.loads(request.body)["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", []):
                    self.heard.append(message)
                    if not self.mute:
                        asyncio.get_running_loop().create_task(self.answer(message))
        return HTTPResponse(status=200)

    async def answer(self, message: dict[str, Any]) -> None:
        to = {"to": f"+{message['from']}"} if "from" in message else {"recipient": message["from_user_id"]}
        typing = {"status": "read", "message_id": message["id"], "typing_indicator": {"type": "text"}}
        await self.post(typing)
        kind, content = message["type"], message[message["type"]]
        body = content["body"] if kind == "text" else ""
        await asyncio.sleep(0.3)
        if body == "مرحبا":
            await self.post({**to, "type": "interactive", "interactive": BUTTONS})
        elif body == "القائمة":
            await self.post({**to, "type": "interactive", "interactive": LIST})
        elif body == "مستند":
            await self.post({**to, "type": "document", "document": DOCUMENT})
        elif body == "قالب":
            template = {"name": "news", "language": {"code": "ar"}}
            await self.post({**to, "type": "template", "template": template})
        elif body == "صمت":
            return
        elif kind == "interactive":
            reply = content[content["type"]]
            await self.post({**to, "type": "text", "text": {"body": f"اختير: {reply['title']}"}})
        else:
            await self.post(
                {**to, "type": "text", "text": {"body": LONG if body == "طويل" else f"وصل: {body or kind}"}}
            )

    async def post(self, message: dict[str, Any]) -> None:
        url = f"{self.address}{PREFIX}/v26.0/1001/messages"
        headers = {"Authorization": "Bearer a token"}
        try:
            async with (
                ClientSession() as session,
                session.post(url, json={"messaging_product": "whatsapp", **message}, headers=headers),
            ):
                pass
        except ClientError:
            pass  # asked for


class Page:
    def __init__(self, driver: Chrome, bot: Bot) -> None:
        self.driver, self.bot = driver, bot
        driver.get(f"{bot.address}/phone")
        self.until(lambda: self.texts(".person .name"))

    def until(self, met: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _: met())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.until(lambda: next(iter(self.all(selector)), None))

    def texts(self, selector: str) -> list[str]:
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map((node) => node.innerText.trim())", selector
        )

    def sees(self, text: str, selector: str = ".log") -> None:
        self.until(lambda: any(text in shown for shown in self.texts(selector)))

    def words(self) -> list[str]:
        return self.texts(".bubble .words, .bubble .thing")

    def say(self, text: str) -> None:
        self.one("#text").send_keys(text + Keys.ENTER)

    def press(self, selector: str, title: str) -> None:
        self.until(lambda: [node for node in self.all(selector) if title in node.text and node.is_displayed()])[
            -1
        ].click()

    def keys(self, *pressed: str) -> None:
        ActionChains(self.driver).send_keys(*pressed).perform()

    def focused(self) -> str:
        return self.run("return document.activeElement.id || document.activeElement.innerText")

    def choose(self, title: str) -> None:
        self.one("#attach").click()
        self.press("#menu button", title)

    def settings(self) -> None:
        self.run("document.querySelector('#settings').open = true")

    def violations(self) -> list[str]:
        """Injected by the driver: the page's own rules allow no foreign script."""
        self.driver.execute_script(AXE)
        found = self.driver.execute_async_script("axe.run(document).then((all) => arguments[0](all.violations))")
        return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    monkeypatch.setattr(Sanic, "test_mode", True)  # several servers in one process
    made = Bot()
    yield made
    made.close()


@pytest.fixture
def page(browser: Chrome, bot: Bot) -> Iterator[Page]:
    browser.get_log("browser")
    yield Page(browser, bot)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.get("about:blank")


def complaints(browser: Chrome) -> list[str]:
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
    ]


@pytest.mark.both_sizes
def test_says_first_that_it_is_a_demonstration_in_both_languages(page: Page):
    notice = page.one(".notice")
    assert notice.is_displayed() and notice.rect["y"] == 0
    assert "هاتف للتجربة" in notice.text and "nobody's real number" in notice.text
    page.settings()
    assert ".venv/bin/bot demo code ID" in page.one("#settings").text
    assert complaints(page.driver) == []


@pytest.mark.both_sizes
def test_a_text_goes_out_signed_and_its_answer_appears(page: Page):
    page.say("متى يُرفع؟")
    page.sees("وصل: متى يُرفع؟")
    assert page.words() == ["متى يُرفع؟", "وصل: متى يُرفع؟"]
    assert page.bot.heard[0]["from"] == PEOPLE[0].wa_id
    page.until(lambda: page.all(".mine.read [aria-label='قُرئت']"))
    assert complaints(page.driver) == []


def test_ticks_and_typing_are_shown_until_the_answer(page: Page):
    page.bot.mute = True
    page.say("هل من أحد؟")
    page.until(lambda: page.all(".mine.delivered"))
    assert not page.all(".mine.read")
    page.bot.mute = False
    page.say("صمت")
    page.until(lambda: len(page.all(".mine.read")) == 2)
    page.sees("يكتب الآن", "#presence")
    assert page.all(".dots")
    page.say("مرحبا")
    page.sees("قضاياي")
    assert not page.all(".dots") and page.texts("#presence") == ["برنامج آلي"]


@pytest.mark.both_sizes
def test_bold_lines_and_links_are_shown_as_a_phone_does(page: Page):
    page.say("مرحبا")
    page.sees("مساعد إيقاف الخدمات", ".bubble strong")
    assert page.one(".bubble a").get_attribute("href") == "https://najiz.sa/"
    assert page.words()[-1].count("\n") >= 3
    page.say("طويل")
    page.sees("سطر 39")


@pytest.mark.both_sizes
def test_a_button_is_pressed_and_quotes_what_it_answers(page: Page):
    page.say("مرحبا")
    page.press(".options button", "سداد الفاتورة")
    page.sees("اختير: سداد الفاتورة")
    reply = page.bot.heard[-1]
    assert reply["interactive"]["button_reply"] == {"id": "b-pay", "title": "سداد الفاتورة"}
    assert reply["context"]["id"] == page.bot.graph.messages[0]["wamid"]
    assert page.focused() == "text"
    assert "أهلًا بك" in page.texts(".quoted")[0]


@pytest.mark.both_sizes
def test_a_list_by_keyboard_alone(page: Page):
    page.run("document.querySelector('#text').focus()")
    page.keys("القائمة", Keys.ENTER)
    page.sees("عرض الخيارات")
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    assert page.focused() == "عرض الخيارات"
    page.keys(Keys.ENTER)
    page.until(lambda: "سبب الإيقاف" in page.focused())
    assert page.one("#rows").accessible_name == "عرض الخيارات"
    assert page.texts("#rows small") == [row["description"] for row in ROWS if "description" in row]
    page.keys(Keys.ESCAPE)
    assert page.focused() == "عرض الخيارات"
    page.keys(Keys.ENTER, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    page.sees("اختير: طلب الرفع")
    assert page.bot.heard[-1]["interactive"]["list_reply"] == ROWS[2]
    assert page.focused() == "text"


def test_the_menu_by_keyboard_alone(page: Page):
    page.run("document.querySelector('#text').focus()")
    page.keys(Keys.TAB, Keys.ENTER)
    page.until(lambda: page.one("#menu").is_displayed())
    page.keys(Keys.TAB, Keys.ENTER)
    page.sees("وصل: audio")
    assert page.bot.heard[0]["audio"]["voice"] is True
    assert page.focused() == "text"


def test_templates_and_documents_are_shown(page: Page):
    page.say("قالب")
    page.sees("رسالة من قالب: news")
    page.say("مستند")
    page.sees("نسخة القرار")
    assert page.texts(".thing a") == ["قرار.pdf"]


EVERY = {
    "صوتية": "audio", "صورة": "image", "مستند PDF": "document", "ملصق": "sticker", "مقطع مرئي": "video",
    "موقع": "location", "جهة اتصال": "contacts", "طلب شراء": "order", "نوع لا يصل محتواه": "unsupported",
    "رسالة محوّلة": "text", "رسالة من إعلان": "text", "رد على آخر رسالة": "text", "تعديل آخر رسالة": "edit",
    "تفاعل بإبهام": "reaction", "حذف آخر رسالة": "revoke", "زر «متابعة»": "button", "من مجموعة": "text",
    "متأخرة ستة أيام": "text", "تغيير الرقم": "system",
}  # fmt: skip


@pytest.mark.both_sizes
def test_every_other_kind_is_sent_from_the_menu(page: Page):
    page.say("أولى")
    page.sees("وصل: أولى")
    page.bot.mute = True
    for count, (title, kind) in enumerate(EVERY.items(), 2):
        page.choose(title)
        page.until(lambda count=count: len(page.bot.heard) == count)
        assert page.bot.heard[-1]["type"] == kind, title
        page.until(lambda: not page.all(".sending"))
    assert page.texts("#toast") == [""]
    assert complaints(page.driver) == []


def test_files_are_real_and_fetched_by_the_id_in_the_message(page: Page, tmp_path: Path):
    chosen = tmp_path / "وكالة.pdf"
    chosen.write_bytes(b"%PDF-1.4 " + b"x" * 1_000_000)
    page.one("#file").send_keys(str(chosen))
    page.sees("وكالة.pdf")
    document = page.until(lambda: page.bot.heard)[0]["document"]
    assert (document["filename"], document["mime_type"]) == ("وكالة.pdf", "application/pdf")
    assert page.bot.graph.media[document["id"]].content == chosen.read_bytes()
    page.choose("صورة")
    page.until(lambda: page.run("return document.querySelector('.shot')?.naturalWidth") == 240)
    chosen.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    page.one("#file").send_keys(str(chosen))
    page.sees("أكبر من 10", "#toast")


def test_repeated_and_forged_deliveries_say_what_the_webhook_answered(page: Page):
    page.bot.mute = True
    for title, count, note in (
        ("مرتين معًا", 2, "HTTP 200"),
        ("ثلاثًا معًا", 5, "HTTP 200"),
        ("بتوقيع خاطئ", 5, "HTTP 403"),
    ):
        page.choose(title)
        page.until(lambda note=note: note in (page.texts(".note") or [""])[-1])
        assert len(page.bot.heard) == count
    assert len({message["id"] for message in page.bot.heard}) == 2
    assert page.all(".mine.failed [aria-label='لم تُقبل']")
    page.choose("من جوال موظف")
    page.sees("من جوال موظف", ".note")
    assert len(page.bot.heard) == 5, "an echo is no message of hers"


def test_what_is_typed_goes_with_what_is_chosen(page: Page):
    page.one("#text").send_keys("خبر محوّل")
    page.choose("رسالة محوّلة")
    page.sees("وصل: خبر محوّل")
    assert page.bot.heard[0]["context"] == {"forwarded": True}
    assert page.one("#text").get_attribute("value") == ""


def test_what_needs_an_earlier_message_says_so(page: Page):
    page.choose("رد على آخر رسالة")
    page.sees("تلزم رسالة من المساعد", "#toast")
    assert page.bot.heard == []


@pytest.mark.both_sizes
def test_another_person_holds_the_phone_one_without_a_number(page: Page):
    page.say("من نورة")
    page.sees("وصل: من نورة")
    page.settings()
    page.press(".person", "سارة")
    page.sees("لا رسائل بعد")
    page.say("من سارة")
    page.sees("وصل: من سارة")
    heard = page.bot.heard[-1]
    assert "from" not in heard and heard["from_user_id"] == PEOPLE[2].user_id
    assert page.words() == ["من سارة", "وصل: من سارة"]
    page.press(".person", "نورة")
    page.sees("وصل: من نورة")
    assert page.words() == ["من نورة", "وصل: من نورة"]


def test_a_new_number_is_the_same_person_and_an_old_address_is_told(page: Page):
    page.say("قبله")
    page.sees("وصل: قبله")
    page.bot.mute = True
    page.choose("تغيير الرقم")
    page.sees("تغيّر الرقم", ".chip")
    page.say("بعده")
    page.until(lambda: len(page.bot.heard) == 3)
    _, old, new = page.bot.heard
    assert old["from"] == PEOPLE[0].wa_id and new["from"] == old["system"]["wa_id"] != old["from"]
    assert new["from_user_id"] == old["system"]["user_id"]
    asyncio.run_coroutine_threadsafe(
        page.bot.post({"to": PEOPLE[0].phone, "type": "text", "text": {"body": "إلى القديم"}}), page.bot.loop
    )
    page.sees("إلى القديم")
    assert page.texts(".note") == ["أُرسلت إلى رقمها السابق"]


@pytest.mark.both_sizes
def test_24_hours_pass_until_she_writes(page: Page):
    page.settings()
    page.one("#closed").click()
    page.until(lambda: PEOPLE[0].phone in page.bot.graph.window_closed)
    page.choose("متأخرة ستة أيام")
    page.until(lambda: page.bot.heard)
    assert page.bot.graph.window_closed, "what was written six days ago opens nothing"
    page.say("عدت")
    page.sees("وصل: عدت")
    page.until(lambda: not page.one("#closed").is_selected())


def test_network_trouble_is_for_the_next_message(page: Page):
    page.settings()
    for value, status in (("throttled", 400), ("dropped", None)):
        page.run(
            "const select = document.querySelector('#trouble'); select.value = arguments[0]; select.dispatchEvent(new Event('change'))",
            value,
        )
        page.until(lambda: page.bot.graph.faults)
        page.say(f"مع {value}")
        page.until(
            lambda status=status: (
                [call["status"] for call in page.bot.graph.calls if call["kind"] == "message"][-1:] == [status]
            )
        )
        page.until(lambda: page.one("#trouble").get_attribute("value") == "")
    page.sees("وصل: مع dropped")
    assert "وصل: مع throttled" not in page.words()


def test_hostile_text_is_inert(page: Page):
    page.say("<img src=x onerror=window.hit=1><b>x</b> *<i>y</i>* javascript:alert(1)")
    page.sees("وصل: <img")
    assert page.run("return [window.hit, document.querySelectorAll('.log img, .log b, .log i').length]") == [None, 0]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser",
        (FOLDER / "phone.js").read_text(encoding="utf-8"),
    )


@pytest.mark.both_sizes
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_accessibility_rules(page: Page, scheme: str):
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    assert page.violations() == [], "empty"
    for said, sees in (("مرحبا", "قضاياي"), ("القائمة", "عرض الخيارات"), ("مستند", "نسخة القرار")):
        page.say(said)
        page.sees(sees)
    for title in ("صوتية", "صورة", "بتوقيع خاطئ", "من جوال موظف", "تفاعل بإبهام", "حذف آخر رسالة"):
        page.choose(title)
        page.until(lambda: not page.all(".sending"))
    page.settings()
    assert page.violations() == [], "with messages"
    page.one("#attach").click()
    assert page.violations() == [], "menu"
    page.keys(Keys.ESCAPE)
    page.press(".options button", "عرض الخيارات")
    assert page.violations() == [], "list"


@pytest.mark.both_sizes
def test_whatever_is_pressed_is_large_enough_and_nothing_runs_off_the_side(page: Page):
    page.say("مرحبا")
    page.sees("قضاياي")
    page.say("https://najiz.sa/" + "a" * 120)
    page.sees("وصل: https")
    page.one("#attach").click()
    small = page.run("return [...document.querySelectorAll('button, textarea, select, summary, .person')].map((node) => [node.innerText, node.getBoundingClientRect()])"
                     ".filter(([, box]) => box.width && (box.width < 44 || box.height < 44)).map(([name]) => name)")  # fmt: skip
    assert small == []
    wide = page.run(
        "return [document.scrollingElement, ...document.querySelectorAll('.log, dialog[open], .sheet-body, .side')].filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.className || node.localName)"
    )
    assert wide == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256)], ids=["320px", "400% zoom"])
def test_narrow_and_zoomed(page: Page, width: int, height: int):
    before = page.run("return [innerWidth, innerHeight]")

    def size(width: int, height: int) -> None:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    size(width, height)
    try:
        page.say("مرحبا")
        page.sees("قضاياي")
        assert page.run("return document.scrollingElement.scrollWidth") <= width
        page.one(".send").click()
        page.press(".options button", "قضاياي")
        page.sees("اختير: قضاياي")
    finally:
        size(*before)


def test_only_this_machine_and_this_page_are_served(page: Page):
    def status(path: str, host: str = "", *headers: tuple[str, str], body: bytes | None = None) -> int:
        return asyncio.run(ask(page.bot.port, path, host or f"127.0.0.1:{page.bot.port}", *headers, body=body)).status

    ours, theirs = ("Origin", page.bot.address), ("Origin", "https://evil.example")
    send = json.dumps({"who": 0, "kind": "text", "text": "x"}).encode()
    assert [status("/phone"), status("/phone/api/state?who=0"), status("/phone/api/send", "", ours, body=send)] == [
        200
    ] * 3
    assert {status(path, "evil.example") for path in ("/phone", "/phone/files/phone.js", "/phone/api/state?who=0")} == {
        403
    }
    assert status("/phone/api/send", "", theirs, body=send) == 403
    assert status("/phone/api/state?who=0", "", ("Sec-Fetch-Site", "cross-site")) == 403
    assert status("/phone/api/send", "", ("Origin", "null"), body=send) == 403
    assert [status("/phone/api/state?who=9"), status("/phone/files/page.py"), status("/phone/api/media/1")] == [
        400,
        404,
        404,
    ]
    assert [
        status("/phone/api/send", body=body)
        for body in (b"", b"[]", b'{"who":0,"kind":"no"}', b'{"who":0,"kind":"text"}')
    ] == [400] * 4
