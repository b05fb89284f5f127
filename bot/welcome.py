"""What `bot serve` prints when it is ready: where to talk, and whom one can be."""

from __future__ import annotations

from bot.settings import DEFAULT_PORT, Settings


def welcome(settings: Settings) -> str:
    base = f"http://127.0.0.1:{settings.bot_port}"
    if settings.production:
        return f"جاهز | ready: {base}/ready"
    from bot.cli.demo import listing

    port = "" if settings.bot_port == DEFAULT_PORT else f"BOT_PORT={settings.bot_port} "

    return "\n".join(
        [
            "",
            f"المساعد جاهز. للمحادثة، في نافذة طرفية أخرى:   {port}make chat",
            f"The assistant is ready. To talk, in another terminal:   {port}make chat",
            f"REST: POST {base}/webhooks/rest/webhook   " + '{"sender": "me", "message": "كم ياخذ رفع الإيقاف؟"}',
            "",
            listing(),
            "",
            "رمز التحقق  | the code:       .venv/bin/bot demo code ID",
            "السداد      | the bank:       .venv/bin/bot demo pay INVOICE",
            "الجهة       | the authority:  .venv/bin/bot demo advance CASE",
            "",
            "للإيقاف Ctrl-C | to stop: Ctrl-C",
        ]
    )
