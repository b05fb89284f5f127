"""After a whole journey no ID, code or number of hers stands in the bot's files, the logs, or what was said back."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenarios.runner import Player, Stage


def test_nothing_personal_in_files_logs_or_answers(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.reset()
    player = Player(stage, {"as": "unpaid_invoice"})
    arabic_digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

    def say(words: str) -> list[str]:
        player.last = asyncio.run(player.send(text=words))
        return player.names()

    say("السلام عليكم، ابغى أشوف قضاياي")
    if player.names()[-1] != "utter_ask_identity__national_id":
        say("ابغى أشوف قضاياي")
    national_id = player.persona.national_id
    say(f"رقمي {national_id.translate(arabic_digits)}")
    code = player.code()
    say(f"الرمز هو {code}")
    assert "utter_code_verified" in player.names()
    say("جوالي 0500001234 وايبان SA0380000000608010167519")
    say("رقم بطاقتي 4111 1111 1111 1111")
    say("ابغى أسدد")
    say("الراجحي")
    say("وقف")
    say("قدموا لي طلب رفع الإيقاف")
    say("قدّموه من هنا")
    say(f"ظروفي صعبة وهذه هويتي {national_id} وجوالي 0500001234")
    assert player.names() == ["utter_confirm_lift_unpaid"]
    invoice = player.value("INVOICE")

    stored = b"".join(path.read_bytes() for path in stage.folder.glob("bot.db*")) + stage.log.read_bytes()
    logged = caplog.text.encode()
    for secret in (national_id, code, invoice, "0500001234", "500001234", "SA0380000000608010167519", "41111111"):
        for spelled in (secret, secret.translate(arabic_digits)):
            assert spelled.encode() not in stored, f"{secret} was stored"
            assert spelled.encode() not in logged, f"{secret} was logged"
    assert code not in "\n".join(player.said)
    assert national_id not in "\n".join(player.said)
    name = player.persona.name.encode()
    assert name not in stored
    case_file = b"".join(path.read_bytes() for path in stage.folder.glob("case.db*"))
    assert code.encode() not in case_file, "a code stands in clear in the case database"
