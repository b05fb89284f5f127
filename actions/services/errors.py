"""Everything a service refuses, in one family; `actions/replies.py` turns each into the name of an answer.

ServiceError
├── NotVerified        nobody was proved in this conversation, or it lapsed
├── NotFound           no such case, invoice or request *of this citizen* (somebody else's reads the same)
├── NotApplicable      a court-only thing asked for a government case
├── NoCases            the citizen has no case that this concerns
├── ChooseCase         several cases would do; which one?
├── NothingToPay       the case is paid or lifted
├── NotReady           the case is not far enough for this (see `reason`)
├── NotApplied         an event that cannot be applied: a person hears of it (`bot events`), no citizen
├── BadValue           a value given in the conversation that cannot be taken (see `reason`)
└── Unavailable        a database or gateway is away
"""

from __future__ import annotations


class ServiceError(Exception):
    """Base of the family. Carries no personal data: `reason` is a fixed word, never a value that was typed."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class NotVerified(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class NotApplicable(ServiceError):
    pass


class NoCases(ServiceError):
    pass


class ChooseCase(ServiceError):
    pass


class NothingToPay(ServiceError):
    pass


class NotReady(ServiceError):
    pass


class NotApplied(ServiceError):
    pass


class BadValue(ServiceError):
    pass


class Unavailable(ServiceError):
    pass
