"""What `bot serve` prints when it is ready: where to talk, and whom one can be."""

from __future__ import annotations

from bot.settings import DEFAULT_PORT, Settings


def welcome(settings: Settings, roles: tuple[str, ...]) -> str:
    base = f"http://127.0.0.1:{settings.bot_port}"
    if settings.production or len(roles) == 1:
        where = f": http://127.0.0.1:{settings.ops_port}/readyz" if settings.ops_port else ""
        return f"جاهز | ready ({', '.join(roles)}){where}"
    if not settings.on_loopback:  # whatever is pretended exists on the loopback interface alone
        return f"جاهز | ready: http://{settings.bot_host}:{settings.bot_port}/widget/widget.js"
    from bot.cli.demo import listing

    port = "" if settings.bot_port == DEFAULT_PORT else f"BOT_PORT={settings.bot_port} "

    return "\n".join(
        [
            "",
            f"المساعد جاهز، في صفحة موقع للتجربة:   {base}/",
            f"The assistant is ready, in the page of a pretended site:   {base}/",
            *_whatsapp(settings, base),
            f"في نافذة طرفية أخرى | in another terminal:   {port}make chat",
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


def _whatsapp(settings: Settings, base: str) -> list[str]:
    from bot.phone.number import pretend_number

    if not settings.whatsapp:
        return []
    if settings.whatsapp == pretend_number(settings.bot_port):
        return [f"جوال للتجربة، كأنه واتساب | a pretended WhatsApp phone:   {base}/phone"]
    return ["واتساب موصول | WhatsApp is connected, at /webhooks/whatsapp/webhook"]
