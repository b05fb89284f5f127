"""A citizen who was verified on the web goes on in WhatsApp, once she is verified there too and says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.scenarios.messenger import Line, OnWhatsApp
from tests.scenarios.runner import Player, Stage

WHO = {"as": "unpaid_invoice", "channel": "web", "turns": []}


def on_both(stage: Stage, journey: Callable[[Player, OnWhatsApp], Awaitable[None]]) -> None:
    async def play() -> None:
        async with Line(stage).open() as line:
            await journey(Player(stage, WHO), OnWhatsApp(line, WHO))

    stage.reset()
    asyncio.run(play())


async def says(player: Player, text: str) -> list[str]:
    player.last = await player.send(text=text)
    return player.names()


async def in_the_third_step(web: Player) -> None:
    for text in ("ابغى أسدد الفاتورة", web.value("ID")):
        await says(web, text)
    for text in (web.code(), "الإنماء", "تم"):
        await says(web, text)
    assert await says(web, "تم") == ["utter_guide_pay_3"]


def test_she_goes_on_at_the_step_where_she_stopped(stage: Stage) -> None:
    async def journey(web: Player, phone: OnWhatsApp) -> None:
        await in_the_third_step(web)
        assert await says(phone, "ابغى أشوف قضيتي") == ["utter_intro", "utter_ask_identity__national_id"]
        await says(phone, phone.value("ID"))
        assert "utter_guide_waits" in await says(phone, phone.code())
        assert "سداد الفاتورة" in phone.text() and "الخطوة 3" in phone.text()
        assert await says(phone, "كمل من وين وقفت في الموقع") == ["utter_guide_pay_3"]
        assert await says(phone, "تم") == ["utter_guide_pay_4"]
        assert phone.value("INVOICE") in phone.text(), "the chosen case came along"
        assert await says(web, "تم") == ["utter_guide_pay_5"], "one place for both"

    on_both(stage, journey)


def test_nothing_of_it_shows_before_she_is_verified_here_too(stage: Stage) -> None:
    """Somebody else with another phone hears the same, whether a place is kept for anybody or not."""

    async def journey(web: Player, phone: OnWhatsApp) -> None:
        heard = []
        for person, begun in (("somebody", False), ("herself", True)):
            if begun:
                await in_the_third_step(web)
            phone.to(person)
            said = []
            asked = ("كمل من وين وقفت في الموقع", "كمل", "تم", "وين وصلنا", "ابغى أسدد", phone.value("ID"), "111111")
            for text in asked:
                names = await says(phone, text)
                said.append((names, phone.text().replace("بقيت لك محاولتان", "")))
            heard.append(said)
        assert heard[0] == heard[1]
        everything = "".join(text for said in heard for _, text in said)
        secrets = [phone.value("INVOICE"), phone.value("CASE_1"), "الخطوة 3", "الإنماء، رقم"]
        assert not [secret for secret in secrets if secret in everything]
        assert heard[0][0][0] == ["utter_intro", "utter_continue_unverified"]

    on_both(stage, journey)
