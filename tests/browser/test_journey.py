"""A person pays in the page of a host site, by keyboard alone, on a big and on a small screen: the server dies and
comes back, the browser is closed and opened again, and in the end her suspension is lifted. All is real but the bank.

Pictures of each station lie in `build/screenshots` afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys

from actions.case_db.seed import PERSONAS
from bot.project import ROOT
from tests.bot.test_serve import Server, until
from tests.browser.test_widget import AXE, Page

PICTURES = ROOT / "build" / "screenshots"
SOON = 20.0
STEPS = 7


class Person(Page):
    """Somebody with a keyboard and the page."""

    def __init__(self, driver: Chrome, server: Server) -> None:
        super().__init__(driver, server)
        self.server = server
        self.pictures = 0

    def load(self) -> None:
        self.driver.get(self.server.url)
        self.until(lambda: self.run("return Boolean(widget.say && widget.door)"))

    def keys(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> str:
        return self.run("return (root.activeElement?.innerText || root.activeElement?.tagName || '').trim()")

    def tab_to(self, wanted: str, back: bool = False) -> None:
        for _ in range(60):
            if self.focused() == wanted:
                return
            held = ActionChains(self.driver).key_down(Keys.SHIFT) if back else ActionChains(self.driver)
            held.send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        raise AssertionError(f"{wanted} is not reached by the keyboard; focus is on {self.focused()!r}")

    def open(self) -> None:
        self.tab_to(self.texts(".launcher")[0].strip())
        self.keys(Keys.ENTER)
        self.until(lambda: self.run("return widget.open"))

    def say(self, words: str, wanted: str) -> None:
        self.to_input()
        before = self.newest()
        self.keys(words, Keys.ENTER)
        self.is_answered(wanted, before)

    def press(self, title: str, wanted: str) -> None:
        """The newest button of that title, from the input backwards."""
        self.to_input()
        self.tab_to(title, back=True)
        before = self.newest()
        self.keys(Keys.ENTER)
        self.is_answered(wanted, before)

    def to_input(self) -> None:
        if self.focused() != "TEXTAREA":
            self.tab_to("TEXTAREA")

    def newest(self) -> int:
        return self.run("return Math.max(0, ...[...root.querySelectorAll('.line')].map((line) => line.dataset.number))")

    def is_answered(self, wanted: str, before: int = 0) -> None:
        """In the lines after `before`."""
        self.until(lambda: wanted in self.shown(before), SOON * 2)

    def shown(self, after: int = 0) -> str:
        """The lines of the conversation as a person copies them."""
        lines = self.run(
            "return [...root.querySelectorAll('.line')].filter((line) => +line.dataset.number > arguments[0])"
            ".map((line) => line.innerText).join('\\n')",
            after,
        )
        return lines.translate(dict.fromkeys(range(0x2066, 0x206A)))

    def picture(self, name: str) -> None:
        self.pictures += 1
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{self.driver.size_name}-{self.pictures:02}-{name}.png"
        self.driver.save_screenshot(str(file))

    def fits(self) -> None:
        """Nothing to scroll sideways, nothing wrong for a screen reader."""
        assert self.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        self.driver.execute_script(AXE)
        look = "const done = arguments[0]; axe.run().then((all) => done(all.violations))"
        found = self.driver.execute_async_script(look)
        assert found == [], json.dumps(found, ensure_ascii=False)[:2000]

    def hosts(self) -> set[str]:
        """Whom the page has asked for anything."""
        sent = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"]
        return {url.split("/")[2] for url in urls if url.startswith("http")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[list[Server]]:
    """The newest is the one that runs."""
    servers = [Server(tmp_path).wait_until_ready()]
    yield servers
    servers[-1].process.terminate()
    servers[-1].process.wait(SOON)


def restart(servers: list[Server], person: Person, how: str) -> None:
    old = servers[-1]
    old.process.kill() if how == "kill" else old.process.terminate()
    old.process.wait(SOON)
    until(lambda: not _listens(old), SOON)
    servers.append(Server(old.folder, **old.settings))
    servers[-1].wait_until_ready()
    person.server = servers[-1]


def _listens(server: Server) -> bool:
    return server.status("/healthz") != 0


@pytest.mark.both_sizes
def test_she_pays_and_her_suspension_is_lifted(browser: Chrome, server: list[Server]) -> None:
    persona = next(persona for persona in PERSONAS if persona.key == "unpaid_invoice")
    case = json.loads(server[0].run("demo", "people", "--json"))[persona.key]["cases"][0]
    person = Person(browser, server[0])
    person.load()
    person.picture("closed")
    person.open()
    person.is_answered("إيقاف الخدمات")
    person.picture("welcome")
    person.fits()
    person.say("كم ياخذ رفع الإيقاف؟", "المصدر")
    person.picture("answer")
    person.say("ابغى أسدد الفاتورة", "رقم الهوية")
    person.say(persona.national_id, "6 أرقام")
    assert persona.national_id not in person.shown(), "masked on the screen as in the history"
    until(server[-1].sms_file.exists, SOON)
    person.say(server[-1].run("demo", "code", persona.national_id), "من أي بنك")
    person.press("مصرف الراجحي", "الخطوة 1 من 7")
    assert case["invoice"]["number"] in person.shown()
    person.picture("first-step")
    person.fits()
    person.press("تم، التالي", "الخطوة 2 من 7")

    restart(server, person, "kill")
    person.press("تم، التالي", "الخطوة 3 من 7")
    person.picture("after-kill")
    restart(server, person, "terminate")
    person.press("تم، التالي", "الخطوة 4 من 7")

    browser.get("about:blank")  # she closes it in the middle and comes back
    person.load()
    if not person.run("return widget.open"):
        person.open()
    person.is_answered("الخطوة 4 من 7")
    person.picture("back-again")
    for step in range(5, STEPS + 1):
        person.press("تم، التالي", f"الخطوة {step} من {STEPS}")
    person.press("تم، التالي", "السداد")
    person.picture("guide-done")

    before = person.newest()
    server[-1].run("demo", "pay", case["invoice"]["number"])
    person.is_answered("وصل سدادك", before)
    person.picture("payment-seen")
    for _ in range(4):
        server[-1].run("demo", "advance", case["number"])
    person.is_answered("رُفع الإيقاف في القضية", before)
    person.picture("lifted")
    person.fits()

    person.say("ابغى أشوف قضاياي", case["number"])
    person.picture("case")
    person.fits()
    person.say("انسَ بياناتي", "انتهى التحقق")
    person.until(lambda: case["invoice"]["number"] not in person.shown(), SOON)
    person.picture("forgotten")
    person.fits()

    assert person.hosts() == {server[-1].url.split("/")[2]}, "nobody else was asked for anything"
    severe = [entry["message"] for entry in browser.get_log("browser") if "Content Security" in entry["message"]]
    assert severe == []
