"""The demonstration's number: what connects it, in place of the five settings of a real one."""

from __future__ import annotations

from bot.phone.graph import PREFIX, PretendGraph


def pretend_number(port: int) -> dict[str, str]:
    """No secrets: everything here is on the loopback interface, and invented."""
    return {
        "phone_number_id": "100000000000001",
        "access_token": "demonstration",
        "app_secret": "demonstration",
        "verify_token": "demonstration",
        "graph_version": "v26.0",
        "api_url": f"http://127.0.0.1:{port}{PREFIX}",
        "template": "update_waits",
    }


def pretend_graph(port: int) -> PretendGraph:
    number = pretend_number(port)
    given = (number[name] for name in ("phone_number_id", "access_token", "app_secret"))
    return PretendGraph(
        *given,
        webhook_url=f"http://127.0.0.1:{port}/webhooks/whatsapp/webhook",
        templates={
            number["template"]: "لديك جديد في مساعد إيقاف الخدمات. لقراءته تكفي كتابة أي رسالة هنا."
            " ولإيقاف هذه الرسائل تكفي كتابة: أوقف الرسائل"
        },
        pace=0.4,
    )
