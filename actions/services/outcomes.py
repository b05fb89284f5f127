"""A message that comes twice changes things once.

    @once("issue_invoice")
    def issue_invoice(uow, *, conversation, message_id, case_number) -> InvoiceIssued: ...

What a use case decided for a message is stored in the transaction of the change itself and returned when the message
comes again. Two processes at the same time: one commits, the other meets a unique constraint (of the outcome, or of
the row it wanted to make), rolls back, and then finds what the first one left.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy.exc import IntegrityError

from actions.case_db.models import Outcome

ATTEMPTS = 3
Service = TypeVar("Service", bound=Callable[..., Any])


def once(use_case: str, *, key: str = "message_id") -> Callable[[Service], Service]:
    """`key` names the argument that is the same when the call is a repetition. The service neither commits nor rolls
    back; what it raises is not stored."""

    def decorate(service: Service) -> Service:
        kind = get_type_hints(service)["return"]

        @wraps(service)
        def run(uow: Any, **arguments: Any) -> Any:
            def attempt() -> Any:
                stored = uow.session.get(Outcome, (arguments[key], use_case))
                if stored:
                    return decode(kind, _of(stored, arguments.get("conversation")))
                result = service(uow, **arguments)
                uow.session.add(
                    Outcome(
                        message_id=arguments[key],
                        use_case=use_case,
                        result={"conversation": arguments.get("conversation"), "value": encode(result)},
                        at=uow.now(),
                    )
                )
                uow.commit()
                return result

            return retried(uow, attempt)

        return run

    return decorate


def retried(uow: Any, attempt: Callable[[], Any]) -> Any:
    """Run `attempt` again when another process was quicker; roll back whatever else it raises."""
    for last in (False,) * (ATTEMPTS - 1) + (True,):
        try:
            return attempt()
        except IntegrityError:
            uow.rollback()
            if last:
                raise
        except BaseException:
            uow.rollback()
            raise


def _of(stored: Outcome, conversation: str | None) -> Any:
    if stored.result["conversation"] != conversation:  # one person's answer must not reach another
        raise RuntimeError("a message id was used in two conversations")
    return stored.result["value"]


def encode(value: Any) -> Any:
    """As JSON can hold it; `decode` with the type gives it back equal."""
    if dataclasses.is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value


def decode(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):  # only `X | None` is used
        return decode(inner[0], value)
    if origin is list:
        return [decode(inner[0], item) for item in value]
    if origin is tuple:
        return tuple(decode(each, item) for each, item in zip(inner, value, strict=True))
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: decode(hints[name], item) for name, item in value.items()})
    if kind is Decimal:
        return Decimal(value)
    if kind in (dt.date, dt.datetime):
        return kind.fromisoformat(value)
    return value
