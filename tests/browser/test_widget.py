"""What the widget promises, in a real Chromium against a door with scripted answers."""

# ruff: noqa: E501 (what the browser runs reads better on one line)

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.fake_door import HIDDEN, WIDGET, FakeDoor

PATIENCE = 10
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
NUMBER = "\u2066700123456789\u2069"
COURT = {
    "kind": "case", "case_kind": "court", "number": "4581234567", "state": "in_force", "court": "محكمة التنفيذ بالرياض",
    "creditor": "شركة الواحة", "claim": "23400.00", "deposited": "5000.00", "remaining": "18400.00", "grace_until": None,
    "lifted_at": None, "payment": None,
}  # fmt: skip
GOVERNMENT = {
    "kind": "case", "case_kind": "government", "number": "8112345678", "state": "lifting", "body": "هيئة مخترعة",
    "stage": 2, "stage_since": "2026-11-20", "stage_until": None, "payment": None,
}  # fmt: skip
INVOICE = {
    "kind": "invoice",
    "number": "700123456789",
    "case": "4581234567",
    "amount": "18400.50",
    "due_on": "2026-12-22",
}
RECEIPT = {
    "kind": "receipt", "invoice": "700123456789", "case": "4581234567", "amount": "18400.00",
    "paid_at": "2026-11-20T21:30:00+00:00", "stage": 3,
}  # fmt: skip
REQUEST = {
    "kind": "request", "number": "81234567", "case": "4581234567", "state": "under_review", "earliest": "2026-11-23",
    "latest": None,
}  # fmt: skip


class Page:
    """The demonstration page with the widget on it."""

    def __init__(self, driver: Chrome, door: FakeDoor) -> None:
        self.driver, self.door = driver, door

    def load(self) -> None:
        self.driver.get(self.door.address)
        self.until(lambda: self.run("return Boolean(widget.say && widget.door)"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(
            f"const widget = document.querySelector('suspension-assistant'), root = widget.shadowRoot; {script}",
            *arguments,
        )

    def until(self, met: Callable[[], Any], patience: float = PATIENCE) -> Any:
        return WebDriverWait(self.driver, patience, poll_frequency=0.05).until(lambda _: met())

    def all(self, selector: str) -> list[WebElement]:
        return self.run("return [...root.querySelectorAll(arguments[0])]", selector)

    def one(self, selector: str) -> WebElement:
        return self.until(lambda: self.run("return root.querySelector(arguments[0])", selector))

    def texts(self, selector: str) -> list[str]:
        return self.run("return [...root.querySelectorAll(arguments[0])].map((node) => node.innerText)", selector)

    def sees(self, text: str, selector: str = ".log", patience: float = PATIENCE) -> None:
        self.until(lambda: any(text in shown for shown in self.texts(selector)), patience)

    def bubbles(self) -> list[str]:
        """Hers and the assistant's, top to bottom."""
        return self.texts(".bubble")

    def open(self) -> None:
        self.one(".launcher").click()
        self.sees("أهلًا بك")

    def connected(self) -> None:
        self.until(lambda: self.run("return widget.door.connected === true"))

    def say(self, text: str) -> None:
        self.one("textarea").send_keys(text + Keys.ENTER)

    def ask(self, text: str, *answers: dict) -> None:
        """Says it and waits for the scripted answers."""
        before = len(self.all(".line"))
        if answers:
            self.door.script[text] = list(answers)
        self.say(text)
        self.until(lambda: len(self.all(".line")) == before + max(len(answers), 1))

    def press(self, title: str) -> None:
        self.until(lambda: [b for b in self.all(".replies button") if b.text == title])[-1].click()

    def patient(self) -> None:
        """What is sent again by itself is so in minutes only."""
        self.run("Math.random = () => 99")

    def verified(self, who: str = "her") -> None:
        self.connected()
        self.door.verify(who)

    def notes(self) -> list[str]:
        """The quiet lines that one sees."""
        return self.run(
            "return [...root.querySelectorAll('.veiled')].filter((note) => note.offsetParent).map((note) => note.innerText.trim())"
        )

    def warns(self) -> bool:
        """Whether leaving now would be asked about."""
        return self.run("const leave = document.createEvent('BeforeUnloadEvent'); leave.initEvent('beforeunload', false, true);"
                        "dispatchEvent(leave); return leave.defaultPrevented")  # fmt: skip

    def focused(self) -> str:
        return self.run(
            "return (root.activeElement ?? document.activeElement).className || root.activeElement?.localName"
        )

    def violations(self) -> list[str]:
        """Injected by the driver: the page's own rules allow no foreign script."""
        self.driver.execute_script(AXE)
        found = self.driver.execute_async_script("axe.run(document).then((all) => arguments[0](all.violations))")
        return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]


@pytest.fixture
def page(browser: Chrome, door: FakeDoor) -> Iterator[Page]:
    """Each door has an address of its own, and with it an empty storage."""
    browser.get_log("browser"), browser.get_log("performance")
    first = browser.current_window_handle
    opened = Page(browser, door)
    opened.load()
    yield opened
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    for handle in browser.window_handles:
        if handle != first:
            browser.switch_to.window(handle)
            browser.close()
    browser.switch_to.window(first)
    browser.get("about:blank")


def complaints(browser: Chrome) -> list[str]:
    """What the browser objected to, refused requests of the test itself aside."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
    ]


# opening, sending, reading


@pytest.mark.both_sizes
def test_opens_with_the_welcome_and_answers(page: Page):
    page.open()
    page.ask("متى يُرفع؟", {"text": "بعد المراجعة.\nانظر https://najiz.sa للتفاصيل."})
    assert page.bubbles()[1:] == ["متى يُرفع؟", "بعد المراجعة.\nانظر https://najiz.sa للتفاصيل."]
    link = page.one(".bubble a")
    assert link.accessible_name == "https://najiz.sa (في صفحة جديدة)"
    assert [link.get_attribute(name) for name in ("href", "rel", "target")] == [
        "https://najiz.sa/", "noopener noreferrer", "_blank",
    ]  # fmt: skip


def test_nothing_is_asked_of_the_server_before_it_is_opened(page: Page):
    assert page.door.asked == []
    page.open()
    assert len(page.door.conversations) == 1


def test_a_quick_reply_is_sent_as_the_button_once_and_focus_is_in_the_input(page: Page):
    page.door.holding = True
    page.open()
    page.press("قضاياي")
    page.press("قضاياي")
    page.until(page.door.sent)
    page.door.answer()
    page.sees("وصل: قضاياي")
    assert [body.get("button") for body in page.door.sent()] == ["b-cases"]
    assert page.focused() == "textarea"


def test_older_buttons_keep_working(page: Page):
    page.open()
    page.ask("سؤال")
    page.press("السداد")
    page.sees("وصل: السداد")


@pytest.mark.both_sizes
def test_a_long_answer_is_shown_from_its_start(page: Page):
    page.open()
    page.ask("سؤال طويل", {"text": "\n".join(f"سطر {n}" for n in range(80))})
    top, answer = page.run(
        "return [root.querySelector('.log').getBoundingClientRect().top, [...root.querySelectorAll('.line')].at(-1).getBoundingClientRect().top]"
    )
    assert 0 <= answer - top < 60


def test_typing_is_shown_until_the_answer_comes(page: Page):
    page.door.holding = True
    page.open()
    page.say("سؤال")
    page.sees("يجري تجهيز الرد", ".typing")
    page.door.answer()
    page.until(lambda: page.texts(".typing") == [""])


def test_a_long_wait_says_that_the_message_arrived(page: Page):
    page.run("const after = setTimeout; window.setTimeout = (act, ms) => after(act, ms === 10000 ? 100 : ms)")
    page.door.holding = True
    page.open()
    page.say("سؤال")
    page.sees("وصلت رسالتك", ".typing")


def test_ten_thousand_characters_are_counted_kindly_and_sent(page: Page):
    page.open()
    page.run(
        "const input = root.querySelector('textarea'); input.value = 'ا'.repeat(10000); input.dispatchEvent(new Event('input'))"
    )
    assert "10,000" in page.texts(".count")[0]
    assert page.one(".send").is_displayed()
    page.one(".send").click()
    page.until(page.door.sent)
    assert len(page.door.sent()[0]["text"]) == 10_000


# nothing is lost


def test_not_sent_then_try_again_arrives_once(page: Page):
    page.open()
    page.patient()
    page.door.refusals = [(503, "unavailable", {})]
    page.say("رسالة واحدة")
    page.sees("لم تُرسل")
    page.one(".foot button").click()
    page.sees("وصل: رسالة واحدة")
    first, second = page.door.sent()
    assert first["id"] == second["id"]
    assert page.bubbles().count("رسالة واحدة") == 1
    assert "لم تُرسل" not in page.texts(".log")[0]


def test_a_lost_reply_does_not_double_the_message(page: Page):
    """The server took it, the browser never heard so, and the person presses again."""
    page.open()
    page.patient()
    page.door.holding = page.door.deaf = True
    page.say("مرة واحدة")
    page.sees("لم تُرسل")
    page.door.deaf = False
    page.one(".foot button").click()
    page.until(lambda: len(page.door.sent()) > 1)
    page.door.answer()
    page.sees("وصل: مرة واحدة")
    assert len({body["id"] for body in page.door.sent()}) == 1
    assert len(page.door.conversation.ids) == 1


def test_offline_and_back(page: Page):
    page.open()
    page.connected()
    page.driver.set_network_conditions(offline=True, latency=0, throughput=-1)
    try:
        page.sees("لا يوجد اتصال", ".banner")
        page.say("أولى")
        page.say("ثانية")
        page.until(lambda: page.texts(".foot span") == ["لم تُرسل بعد", "لم تُرسل بعد"])
    finally:
        page.driver.delete_network_conditions()
    page.sees("وصل: ثانية")
    assert page.bubbles()[1:] == ["أولى", "وصل: أولى", "ثانية", "وصل: ثانية"]
    page.until(lambda: page.texts(".banner") in (["عاد الاتصال."], [""]))


def test_a_server_that_restarts_in_mid_turn(page: Page):
    page.door.holding = True
    page.open()
    page.connected()
    page.say("سؤال")
    page.until(page.door.sent)
    page.door.cut(down=True)
    page.until(lambda: page.run("return !widget.door.connected"))
    page.door.answer()
    page.door.cut(down=False)
    page.sees("وصل: سؤال", patience=20)
    page.door.push("إشعار")
    page.sees("إشعار")
    page.door.cut(down=False)
    page.until(lambda: page.door.resumed[-1] == 3)
    assert page.bubbles()[1:] == ["سؤال", "وصل: سؤال", "إشعار"]


def test_history_after_reload(page: Page):
    page.open()
    page.ask("سؤال أول")
    page.door.holding = True
    page.say("ينتظر")
    page.until(lambda: len(page.door.conversation.pending))
    page.load()
    page.sees("ينتظر")
    assert page.bubbles()[1:] == ["سؤال أول", "وصل: سؤال أول", "ينتظر"]
    page.door.answer()
    page.sees("وصل: ينتظر")
    assert page.bubbles()[1:] == ["سؤال أول", "وصل: سؤال أول", "ينتظر", "وصل: ينتظر"]
    assert len(page.door.conversations) == 1


def test_a_second_tab_shows_the_same(page: Page):
    page.open()
    page.ask("من الأولى")
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.load()
    page.sees("وصل: من الأولى")
    page.connected()
    page.ask("من الثانية")
    second = page.bubbles()
    page.driver.switch_to.window(first)
    page.sees("وصل: من الثانية")
    assert page.bubbles() == second
    assert len(page.door.conversations) == 1


def test_an_expired_token_begins_anew_and_keeps_the_screen(page: Page):
    page.open()
    page.ask("قديم")
    page.door.expire()
    page.say("رسالة لم تُرسل بعد")
    page.sees("هنا تبدأ محادثة جديدة", ".divider")
    page.sees("وصل: رسالة لم تُرسل بعد")
    assert "وصل: قديم" in page.bubbles()
    assert len(page.all(".divider")) == 1
    assert len(page.door.conversations) == 2
    assert page.bubbles().count("رسالة لم تُرسل بعد") == 1


def test_a_token_is_renewed_in_time(page: Page):
    page.open()
    page.run(
        "const kept = JSON.parse(localStorage[widget.memory.key]); kept.renew = 1; localStorage[widget.memory.key] = JSON.stringify(kept)"
    )
    page.load()
    page.sees("أهلًا بك")
    assert page.door.conversation.token == "token-1+"  # noqa: S105
    page.ask("ما زلت هنا")
    assert len(page.door.conversations) == 1


def test_too_many_messages_are_waited_out_and_said_kindly(page: Page):
    page.open()
    page.door.refusals = [(429, "too_many", {"Retry-After": "2"})]
    page.say("سريعة")
    page.sees("رسائل كثيرة", ".typing")
    page.sees("وصل: سريعة")


def test_what_was_not_sent_is_sent_again_by_itself(page: Page):
    page.open()
    page.connected()
    page.door.refusals = [(503, "unavailable", {})] * 2
    page.say("أولى")
    page.sees("لم تُرسل")
    page.sees("وصل: أولى", patience=20)
    assert len({body["id"] for body in page.door.sent()}) == 1


@pytest.mark.parametrize(("status", "code"), [(429, "too_many"), (503, "unavailable")])
def test_no_server_makes_her_wait_longer_than_a_minute(page: Page, status: int, code: str):
    page.open()
    page.connected()
    page.run("const after = setTimeout; window.setTimeout = (act, ms) => after(act, ms === 60000 ? 1500 : ms)")
    page.door.refusals = [(status, code, {"Retry-After": "86400"})]
    page.say("مهمة")
    page.sees("بعد قليل", ".typing") if status == 429 else page.sees("لم تُرسل")
    page.sees("وصل: مهمة")


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_a_proxy_s_page_is_not_taken_for_our_word(page: Page, status: int):
    """As during an update: the conversation goes on afterwards, with what was typed meanwhile."""
    page.open()
    page.ask("قبل")
    page.connected()
    page.run("window.told = []; widget.door.addEventListener('link', ({ state }) => told.push(state))")
    asked = len(page.door.asked)
    page.door.proxy = status
    page.door.cut(down=False)
    page.say("أثناء")
    page.sees("لم تُرسل")
    page.until(lambda: sum(path.endswith("/events") for _, path, _ in page.door.asked[asked:]) > 1)
    assert page.run("return told.includes('connected')") is False
    page.door.proxy = 0
    page.sees("وصل: أثناء", patience=20)
    assert len(page.door.conversations) == 1 and not page.all(".divider")
    assert page.bubbles()[1:] == ["قبل", "وصل: قبل", "أثناء", "وصل: أثناء"]


def test_leaving_is_asked_about_only_while_something_is_not_sent(page: Page):
    page.open()
    page.patient()
    page.ask("سؤال")
    assert not page.warns()
    page.door.refusals = [(503, "unavailable", {})]
    page.say("لم تصل")
    page.sees("لم تُرسل")
    assert page.warns()
    page.one(".foot button").click()
    page.sees("وصل: لم تصل")
    assert not page.warns()


def test_no_character_of_an_answer_ends_the_line_it_is_sent_in(page: Page):
    page.open()
    page.connected()
    page.door.push("أول\u2028ثان\u2029ثالث\u0085رابع")
    page.sees("رابع")
    page.door.push("وما بعده")
    page.sees("وما بعده")
    assert len(page.door.resumed) == 1


def test_a_refused_message_shows_the_server_s_words_in_her_language(page: Page):
    page.open()
    page.door.refusals = [(413, "too_large", {})]
    page.say("كبيرة")
    page.sees("سبب الرفض: too_large", ".foot")
    assert "Refused because" not in page.texts(".log")[0]
    page.ask("تالية")
    assert page.bubbles()[1:] == ["كبيرة", "تالية", "وصل: تالية"]


def test_what_was_refused_stays_for_nobody_else(page: Page):
    """A file's name may say everything."""
    page.open()
    page.verified()
    page.door.refusals = [(413, "too_large", {})]
    page.say("صك طلاق فلانة")
    page.sees("سبب الرفض: too_large", ".foot")
    page.verified("him")
    page.until(lambda: "صك طلاق" not in page.texts(".log")[0])


def test_older_history_comes_on_scrolling_up(page: Page):
    page.open()
    page.door.add(page.door.conversation, [{"text": f"سطر {n}"} for n in range(2, 121)])
    page.load()
    page.sees("سطر 120")
    assert len(page.all(".line")) == 50
    page.run("root.querySelector('.log').scrollTop = 0")
    page.until(lambda: len(page.all(".line")) == 100)
    assert page.run("return root.querySelector('.log').scrollTop") > 0
    page.run("root.querySelector('.older').click()")
    page.until(lambda: len(page.all(".line")) == 120)
    assert page.bubbles()[1:] == [f"سطر {n}" for n in range(2, 121)]
    assert not page.one(".older").is_displayed()


# who may see what


def test_hidden_lines_are_a_quiet_line_and_come_back_in_place(page: Page):
    page.door.script["قضيتي"] = [{"text": "القضية 4581234567", "card": COURT, "personal": True}]
    page.open()
    page.verified()
    page.ask("قضيتي")
    page.ask("شكرا")
    page.door.verify("")
    page.sees(HIDDEN, ".veiled")
    assert page.notes() == [HIDDEN]
    assert "4581234567" not in page.texts(".log")[0]
    page.door.verify("her")
    page.one(".card")
    assert not page.all(".veiled")
    numbers = page.run("return [...root.querySelectorAll('.line')].map((line) => line.dataset.number)")
    assert numbers == ["1", "2", "3"]


def test_lines_come_back_in_place_also_in_a_long_conversation(page: Page):
    page.open()
    page.door.add(page.door.conversation, [{"text": f"سطر {n}", "personal": n == 20} for n in range(2, 61)])
    page.load()
    page.sees("سطر 60")
    page.door.add(page.door.conversation, [{"text": f"سطر {n}"} for n in range(61, 71)])
    page.sees("سطر 70")
    page.verified()
    page.sees("سطر 20")
    assert page.bubbles() == [f"سطر {n}" for n in range(11, 71)]


CASE = {"text": "القضية 4581234567", "card": COURT, "personal": True}


def test_somebody_else_who_is_verified_does_not_see_it(page: Page):
    """Verified before and after, and the page was not told in between."""
    page.open()
    page.verified()
    page.ask("قضيتي", CASE)
    page.one(".card")
    page.door.verify("another", drop=True)
    page.sees(HIDDEN, ".veiled")
    assert "4581234567" not in page.texts(".log")[0]
    page.door.verify("her", drop=True)
    page.one(".card")


def test_what_is_forgotten_leaves_the_screen(page: Page):
    page.open()
    page.verified()
    page.ask("قضيتي", CASE)
    page.one(".card")
    page.door.forget()
    page.sees(HIDDEN, ".veiled")
    assert "4581234567" not in page.texts(".log")[0]


def test_nothing_personal_is_seen_until_history_came(page: Page):
    page.open()
    page.verified()
    page.ask("قضيتي", CASE)
    page.one(".card")
    before = len(page.door.asked)
    page.door.no_history = True
    page.door.verify("")
    page.until(lambda: page.notes() == ["تفاصيل شخصية، أُخفيت للخصوصية."])
    assert "4581234567" not in page.run("return root.querySelector('.log').outerHTML")
    page.until(lambda: sum("/history" in path for _, path, _ in page.door.asked[before:]) > 1)
    page.door.no_history = False
    page.sees(HIDDEN, ".veiled", patience=20)


@pytest.mark.parametrize("newer", ["there", "not yet there"])
def test_a_history_that_comes_late_shows_nothing_again(page: Page, newer: str):
    page.open()
    page.verified()
    page.ask("قضيتي", CASE)
    page.one(".card")
    page.door.slow = 1
    page.run("widget.door.load().then(() => (window.late = true))")
    page.until(lambda: page.door.held)
    page.door.no_history = newer == "not yet there"
    page.door.verify("")
    page.until(lambda: len(page.notes()) == 1)
    page.door.let_go()
    page.until(lambda: page.run("return window.late"))
    assert "4581234567" not in page.texts(".log")[0]
    page.door.no_history = False
    page.sees(HIDDEN, ".veiled", patience=20)
    assert page.notes() == [HIDDEN]


def test_older_lines_that_come_late_show_nothing_again(page: Page):
    page.open()
    page.door.add(page.door.conversation, [{"text": f"سطر {n}", "personal": n == 5} for n in range(2, 61)])
    page.load()
    page.verified()
    page.sees("سطر 60")
    page.until(lambda: page.run("return widget.door.who.includes('her') && !widget.door.doubted"))
    page.door.slow = 1
    page.run("root.querySelector('.older').click()")
    page.until(lambda: page.door.held)
    page.door.verify("")
    page.until(lambda: page.run("return !widget.door.who.includes('her') && !widget.door.doubted"))
    page.door.let_go()
    page.until(lambda: page.run("return !widget.fetching"))
    assert "سطر 5" not in page.bubbles()
    page.run("root.querySelector('.older').click()")
    page.sees(HIDDEN, ".veiled")


def test_a_new_conversation_begins_without_what_was_personal(page: Page):
    page.open()
    page.verified()
    page.ask("عام")
    page.ask("قضيتي", CASE)
    page.one(".card")
    page.door.expire()
    page.say("بعد الانتهاء")
    page.sees("وصل: بعد الانتهاء")
    assert "4581234567" not in page.texts(".log")[0]
    assert "وصل: عام" in page.bubbles()
    assert page.notes() == ["تفاصيل شخصية، أُخفيت للخصوصية."]


@pytest.fixture
def hurried(browser: Chrome) -> Iterator[None]:
    """What the page does every ten seconds it does every tenth."""
    script = {"source": "const every = setInterval; window.setInterval = (act, ms) => every(act, ms / 100)"}
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    yield
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_after_half_an_hour_without_a_word_from_the_server_nothing_personal_is_left(hurried: None, page: Page):
    page.open()
    page.verified()
    page.ask("قضيتي", CASE)
    page.one(".card")
    page.door.cut(down=True)
    page.until(lambda: page.run("return !widget.door.connected"))
    page.run("const now = Date.now; window.later = 25 * 60000; Date.now = () => now() + window.later")
    page.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert page.all(".card"), "not yet"
    page.run("window.later = 31 * 60000")
    page.until(lambda: page.notes() == ["تفاصيل شخصية، أُخفيت للخصوصية."])
    assert not page.all(".card")
    page.door.cut(down=False)
    page.until(lambda: page.all(".card"), patience=20)


def test_the_same_quiet_note_is_shown_once(page: Page):
    page.open()
    page.verified()
    page.ask("قضاياي", CASE, CASE, CASE)
    page.ask("شكرا")
    page.ask("وأيضا", CASE)
    page.door.verify("")
    page.until(lambda: len(page.notes()) == 2 and page.notes() == [HIDDEN] * 2)
    page.load()
    page.sees("وصل: شكرا")
    assert page.notes() == [HIDDEN] * 2
    page.door.verify("her")
    page.until(lambda: len(page.all(".card")) == 4)
    assert page.notes() == []


def test_the_browser_keeps_the_token_and_nothing_that_was_said(page: Page):
    page.open()
    page.ask("هويتي 1058529940", {"text": "رقم قضيتك 4581234567", "card": COURT})
    kept = page.run("return {...localStorage}")
    assert page.run("return sessionStorage.length") == 0
    assert page.driver.get_cookies() == []
    (entry,) = kept.values()
    assert set(json.loads(entry)) <= {"conversation", "token", "renew", "read", "language", "open"}


def test_what_was_typed_is_shown_as_it_is_kept(page: Page):
    """Masked, as after reload: the next one at this computer shall not read it."""
    page.open()
    page.door.holding = True
    page.say("1058529940")
    page.until(lambda: page.door.conversation.pending)
    page.door.conversation.pending[0]["text"] = "⟨national_id⟩"
    page.door.answer()
    page.until(lambda: page.bubbles()[1] == "••••••")


HOSTILE = [
    '<img src=x onerror="window.hit=1"><script>window.hit=1</script>',
    "javascript:window.hit=1 وأيضًا data:text/html,<script>window.hit=1</script>",
    "https://najiz.sa@evil.example/ و http://najiz.sa:80@evil.example",
    "https://xn--njiz-5na.sa/ و \u202egnp.exe\u202c",
    "](javascript:alert(1)) [x](javascript:alert(1))",
]


def test_hostile_text_is_inert(page: Page):
    page.open()
    buttons = [{"title": "<b onclick=window.hit=1>زر</b>", "payload": "b-cases"}]
    card = {
        **COURT,
        "court": HOSTILE[0],
        "creditor": HOSTILE[1],
        "state": '"><img>',
        "number": "<i>1</i>",
        "kind": "__proto__",
    }
    answers = [{"text": text, "buttons": buttons} for text in HOSTILE]
    page.ask(HOSTILE[0], *answers, {"text": HOSTILE[0], "card": card}, {"text": "x", "card": {"kind": "constructor"}})
    page.door.push(
        "بطاقة بلا معنى", card={"kind": "invoice", "amount": {}, "due_on": "never"}, guide={"step": "<b>", "of": 1e9}
    )
    page.door.push("وما بعدها")
    page.sees("وما بعدها")
    assert page.run("return window.hit") is None
    assert page.run("return root.querySelectorAll('img, script, b, .log i i').length") == 0
    assert (
        page.run(
            "return [...root.querySelectorAll('a')].map((link) => link.protocol).filter((p) => !/^https?:$/.test(p))"
        )
        == []
    )
    assert not [
        link for link in page.all("a") if "evil" in link.get_attribute("href") or "xn--" in link.get_attribute("href")
    ]
    assert complaints(page.driver) == []


@pytest.mark.both_sizes
def test_lives_under_a_strict_policy_and_asks_no_other_host(page: Page):
    page.open()
    page.ask("بطاقات", {"text": "النص", "card": COURT}, {"text": "najiz.sa", "card": INVOICE})
    page.ask("رفع", {"text": "المستند؟", "upload": True})
    assert complaints(page.driver) == []
    asked = set()
    for entry in page.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(re.sub(r"^(\w+://[^/]+).*", r"\1", message["params"]["request"]["url"]))
    assert asked - {"about:blank"} == {page.door.address}
    assert page.driver.execute_script(
        "try { document.body.innerHTML = '<b>x</b>'; return 'allowed' } catch (error) { return error.name }"
    ) == "TypeError", "the page's own policy is enforced"  # fmt: skip


# cards, guides, documents


def test_cards_say_what_a_person_wants_at_hand(page: Page):
    page.open()
    page.ask("كل شيء", *({"text": "نص", "card": card} for card in (COURT, GOVERNMENT, INVOICE, RECEIPT, REQUEST)))
    court, government, invoice, receipt, request = page.texts(".card")
    assert "قضية في محكمة التنفيذ" in court and "18,400 ريال" in court and "سارية" in court
    assert (
        "هيئة مخترعة" in government and "الثانية، متوسطة الأثر" in government and "10 جمادى الآخرة 1448" in government
    )
    assert "18,400.50 ريال" in invoice and "22 ديسمبر 2026" in invoice
    assert "21 نوفمبر 2026" in receipt and "أُرسل الرقم" in receipt
    assert "قيد المراجعة" in request and "23 نوفمبر 2026" in request and "إلى" not in request
    assert page.run("return root.querySelectorAll('.stages .done').length") == 3


def test_the_invoice_number_is_copied_whole(page: Page):
    page.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": page.door.address},
    )
    page.open()
    page.ask("الفاتورة", {"text": f"فاتورتك: {NUMBER}", "card": INVOICE})
    page.one(".number button").click()
    page.sees("نُسخ الرقم", ".number")
    assert page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == "700123456789"
    # and in the text: one tap, nothing invisible with it
    page.run("getSelection().selectAllChildren(root.querySelector('.bubble .whole'))")
    assert page.run("return root.querySelector('.bubble .whole').textContent") == "700123456789"


@pytest.mark.parametrize("over", ["afterprint", "focus"])
def test_a_case_card_is_printed_alone(page: Page, over: str):
    """Not every phone says `afterprint`."""
    page.open()
    page.ask("قضيتي", {"text": "أمرت بالإجراءات المحكمة.", "card": COURT})
    page.run(
        "window.print = () => { window.printed = document.querySelector('suspension-print').shadowRoot.textContent }"
    )
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.run("root.querySelector('.card > .quiet').click()")
    printed = page.run("return window.printed")
    assert "4581234567" in printed and "18,400" in printed and "ليست مستندًا رسميًا" in printed and "نسخ" not in printed
    shown = page.run(
        "return [...document.body.children].filter((node) => getComputedStyle(node).display !== 'none').map((node) => node.localName)"
    )
    assert shown == ["suspension-print"]
    page.run("dispatchEvent(new Event(arguments[0]))", over)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert page.run("return document.querySelector('suspension-print')") is None
    assert complaints(page.driver) == []


def test_a_guide_says_where_one_is(page: Page):
    page.open()
    guide = {"guide": {"name": "pay", "step": 3, "of": 7}}
    page.ask(
        "خطوة",
        {"text": "سداد الفاتورة: الخطوة \u20663\u2069 من \u20667\u2069\nفتح القائمة", **guide},
        {"text": "مساعدة في الخطوة 3", **guide},
    )
    assert page.texts(".stepper strong") == ["سداد الفاتورة: الخطوة 3 من 7", "الخطوة 3 من 7"]
    assert page.bubbles()[-2:] == ["فتح القائمة", "مساعدة في الخطوة 3"]
    assert page.run(
        "return [...root.querySelectorAll('.bar')].map((bar) => bar.querySelectorAll('.done').length + '/' + bar.children.length)"
    ) == ["3/7", "3/7"]
    assert page.run("return root.querySelector('.stepper').closest('[role=log][aria-live=polite]') !== null")


def test_documents_are_sent_where_they_are_asked_for(page: Page, tmp_path: Path):
    good, wrong = tmp_path / "تقرير.pdf", tmp_path / "notes.txt"
    good.write_bytes(b"%PDF-1.4 " + b"x" * 100_000)
    wrong.write_text("x")
    page.open()
    assert not page.one(".composer .round").is_displayed()
    page.ask("مستندات", {"text": "يمكن إرفاقها.", "upload": True})
    assert page.one(".composer .round").is_displayed()
    page.patient()
    picker = page.one("input[type=file]")
    picker.send_keys(str(wrong))
    page.sees("المقبول ملف PDF", ".foot")
    page.door.refusals = [(503, "unavailable", {}), (415, "wrong_kind", {})]
    picker.send_keys(str(good))
    page.sees("لم تُرسل", ".foot")
    page.one(".foot button").click()
    page.sees("سبب الرفض: wrong_kind", ".foot")
    page.door.script["document"] = [{"text": "وصل المستند."}]
    picker.send_keys(str(good))
    page.sees("وصل المستند.")
    puts = [(path, len(body)) for method, path, body in page.door.asked if method == "PUT"]
    assert [size for _, size in puts] == [good.stat().st_size] * 3
    assert len({path for path, _ in puts}) == 2, "tried again under the same id"
    assert not page.one(".composer .round").is_displayed()


# who cannot see, point, or read small letters


def test_unread_mark_while_closed(page: Page):
    page.open()
    page.connected()
    page.one(".head .round").click()
    page.door.push("رُفع الإيقاف")
    page.until(lambda: page.texts(".badge") == ["1"])
    page.door.push("إشعار ثان")
    page.until(lambda: page.texts(".badge") == ["2"])
    assert page.one(".launcher").accessible_name == "مساعد إيقاف الخدمات، رسالتان جديدتان"
    page.load()
    page.until(lambda: page.texts(".badge") == ["2"])
    page.one(".launcher").click()
    page.sees("إشعار ثان")
    page.until(lambda: not page.one(".badge").is_displayed())
    page.load()
    page.until(lambda: page.run("return widget.door.loaded"))
    assert not page.one(".badge").is_displayed()


@pytest.mark.both_sizes
def test_by_keyboard_alone(page: Page):
    def keys(*pressed: str) -> None:
        ActionChains(page.driver).send_keys(*pressed).perform()

    page.run("document.querySelector('nav a:last-of-type').focus()")
    keys(Keys.TAB)
    assert page.focused() == "launcher"
    keys(Keys.ENTER)
    page.sees("أهلًا بك")
    assert page.focused() == "textarea"
    assert page.run("return root.querySelector('.launcher').getAttribute('aria-expanded')") == "true"
    keys("سؤال بالمفاتيح", Keys.ENTER)
    page.sees("وصل: سؤال بالمفاتيح")
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    reached = page.run("return root.activeElement.innerText")
    assert reached == "السداد"
    keys(Keys.ENTER)
    page.sees("وصل: السداد")
    assert page.focused() == "textarea"
    keys(Keys.ESCAPE)
    assert page.focused() == "launcher"
    assert not page.one("dialog").is_displayed()
    assert page.run("return root.querySelector('.launcher').getAttribute('aria-expanded')") == "false"


@pytest.mark.both_sizes
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_of_accessibility_rules(page: Page, scheme: str):
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    assert page.violations() == [], "closed"
    page.open()
    assert page.violations() == [], "open"
    guide = {"text": "الخطوة 3 من 7\nفتح najiz.sa", "guide": {"name": "pay", "step": 3, "of": 7}, "upload": True,
             "buttons": [{"title": "تم", "payload": "b-cases"}]}  # fmt: skip
    page.ask("كل شيء", *({"text": "نص\nالمصدر: وزارة العدل", "card": card} for card in (COURT, INVOICE, RECEIPT, REQUEST)), guide,
             {"text": "سر", "personal": True})  # fmt: skip
    page.patient()
    page.door.refusals = [(503, "unavailable", {})]
    page.say("لا تصل")
    page.sees("لم تُرسل")
    assert page.violations() == [], "with cards"


def test_the_log_is_a_polite_live_region_and_the_panel_a_named_dialog(page: Page):
    page.open()
    log = page.one(".log")
    assert (log.aria_role, log.accessible_name, log.get_attribute("aria-live")) == ("log", "المحادثة", "polite")
    page.until(lambda: log.get_attribute("aria-busy") == "false")
    assert page.one("dialog").accessible_name == "مساعد إيقاف الخدمات"
    assert page.run("return root.querySelectorAll('header').length") == 0
    assert [node.aria_role for node in page.all(".typing, .banner")] == ["status", "status"]


def test_english_and_back(page: Page):
    page.run("widget.lang = 'en'")
    page.until(
        lambda: (
            page.texts(".launcher .label") == ["Service Suspension Assistant"] or not page.texts(".launcher .label")[0]
        )
    )
    page.one(".launcher").click()
    page.sees("أهلًا بك")
    assert page.door.conversation.language == "en"
    assert page.one("textarea").get_attribute("placeholder") == "Your question or reply"
    assert page.run("return root.querySelector('.root').dir") == "ltr"
    page.ask("invoice", {"text": "Your invoice", "card": INVOICE})
    assert "Last day to pay" in page.texts(".card")[0]
    page.run("widget.lang = 'ar'")
    page.until(lambda: "آخر يوم للسداد" in page.texts(".card")[0])
    assert page.run("return root.querySelector('.root').dir") == "rtl"


def test_numbers_and_dates_do_not_turn_round(page: Page):
    page.open()
    page.ask("خليط", {"text": "في 2026-11-20 ورقم ID-2024 والجوال +966 50 123 4567 و12:30"})
    runs = page.run(
        "return [...[...root.querySelectorAll('.bubble')].at(-1).querySelectorAll('bdi')].map((node) => [node.textContent, node.dir])"
    )
    assert runs == [[text, "ltr"] for text in ("2026-11-20", "ID-2024", "+966 50 123 4567", "12:30")]
    assert page.one("textarea").get_attribute("dir") == "rtl", "an empty field keeps its placeholder's direction"


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 200)], ids=["320px", "400% zoom"])
def test_narrow_and_zoomed(page: Page, width: int, height: int):
    before = page.driver.execute_script("return [innerWidth, innerHeight]")

    def size(width: int, height: int) -> None:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    size(width, height)
    try:
        page.open()
        page.ask("بطاقة", {"text": "https://najiz.sa/" + "a" * 80, "card": INVOICE}, {"text": "x" * 90, "card": COURT})
        wide = page.run(
            "return [document.scrollingElement, root.querySelector('.log'), root.querySelector('dialog')]"
            ".filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.className || node.localName)"
        )
        assert wide == []
        box = page.one(".send").rect
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
        on_top = page.run("const box = root.querySelector('.send').getBoundingClientRect();"
                          "return root.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).closest('.send') !== null")  # fmt: skip
        assert on_top, "nothing covers the send button"
        assert page.run("return root.querySelector('.log').clientHeight") >= 80
    finally:
        size(*before)


@pytest.mark.both_sizes
def test_whatever_is_pressed_is_large_enough(page: Page):
    page.open()
    page.ask("بطاقة", {"text": "نص", "card": INVOICE, "buttons": [{"title": "و", "payload": "b-cases"}]})
    small = page.run(
        "return [...root.querySelectorAll('button, textarea')].map((node) => [node.className, node.getBoundingClientRect()])"
        ".filter(([, box]) => box.width && (box.width < 44 || box.height < 44)).map(([name]) => name)"
    )
    assert small == []


@pytest.mark.both_sizes
def test_full_screen_on_a_phone_and_beside_the_page_elsewhere(page: Page):
    page.open()
    modal = page.run("return root.querySelector('dialog').matches(':modal')")
    box = page.one("dialog").rect
    if page.driver.size_name == "phone":
        assert modal and (box["width"], box["height"]) == (360, 740)
    else:
        assert not modal and box["width"] < 500
        assert page.one(".launcher").is_displayed()


# what it costs


def test_all_that_is_loaded_is_small():
    """Below 20 KB as they are sent, the words of both languages included."""
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in WIDGET.glob("*.js")) < 20 * 1024


def test_both_languages_have_the_same_words():
    keys = {
        name: re.findall(r"^\s+(\w+): |(?<=[{,]) (\w+): ", (WIDGET / f"{name}.js").read_text(encoding="utf-8"), re.M)
        for name in ("ar", "en")
    }
    arabic, english = ({a or b for a, b in found} for found in keys.values())
    assert arabic - english <= {"two", "few"} and english <= arabic


def test_no_markup_is_made_out_of_text():
    code = "\n".join(path.read_text(encoding="utf-8") for path in WIDGET.glob("*.js"))
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser",
        code.replace("never innerHTML", ""),
    )
