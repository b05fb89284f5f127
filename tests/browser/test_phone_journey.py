"""A person pays in the pretended WhatsApp phone of `make run`, with buttons and lists, and is told of it by itself. All
is real but Meta and the bank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from actions.case_db.seed import PERSONAS
from tests.bot.test_serve import Server, until
from tests.browser import test_phone
from tests.browser.test_journey import PICTURES

SOON = 20.0
BUTTON, ROW = ".log button", "dialog button"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path).wait_until_ready()
    yield made
    made.process.terminate()
    made.process.wait(SOON)


class Phone(test_phone.Page):
    def __init__(self, driver: Chrome, server: Server) -> None:
        server.address = server.url
        super().__init__(driver, server)

    def sees_new(self, text: str) -> None:
        """In the newest message."""
        self.until(
            lambda: (shown := self.words()) and text in shown[-1].translate(dict.fromkeys(range(0x2066, 0x206A)))
        )

    def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(PICTURES / f"whatsapp-{name}.png"))


def test_she_pays_by_whatsapp_and_is_told(browser: Chrome, server: Server) -> None:
    persona = next(persona for persona in PERSONAS if persona.key == "unpaid_invoice")
    case = json.loads(server.run("demo", "people", "--json"))[persona.key]["cases"][0]
    assert f"{server.url}/phone" in server.printed()
    phone = Phone(browser, server)
    phone.say("كم ياخذ رفع الإيقاف؟")
    phone.sees_new("المصدر")
    phone.picture("answer")
    phone.say("ابغى أسدد الفاتورة")
    phone.sees_new("رقم الهوية")
    phone.say(persona.national_id)
    phone.sees_new("6 أرقام")
    until(server.sms_file.exists, SOON)
    phone.say(server.run("demo", "code", persona.national_id))
    phone.sees_new("من أي بنك")
    phone.press(BUTTON, "عرض الاختيارات")
    phone.picture("banks")
    phone.press(ROW, "مصرف الراجحي")
    phone.sees_new(case["invoice"]["number"])
    phone.sees_new("الخطوة 1 من 7")
    phone.picture("first-step")
    phone.press(BUTTON, "تم، التالي")
    phone.sees_new("الخطوة 2 من 7")
    server.run("demo", "pay", case["invoice"]["number"])
    phone.sees_new("وصل سدادك")
    phone.picture("payment-seen")
    assert not phone.violations()
