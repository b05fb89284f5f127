"""The bot's secrets: they sign the tokens of web conversations and seal what waits in the database.

`BOT_SECRETS` holds one or more, the newest first: it signs and seals, all of them are understood. To change one, put
the new one in front and drop the old one once its tokens are over (`TOKEN_LASTS`).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from actions.settings import SettingsError
from bot.settings import SECRET_FILE, SHORTEST_SECRET, settings

TOKEN_LASTS = dt.timedelta(days=7)
RENEW_AFTER = TOKEN_LASTS / 2


class TokenInvalid(Exception):
    """Not a token of ours."""


class TokenExpired(TokenInvalid):
    """Was one of ours; its time is over."""


class SealBroken(Exception):
    """Sealed with a secret that is no longer known."""


class Keys:
    def __init__(self, known: tuple[str, ...]) -> None:
        self._tokens = [_derived(secret, "token") for secret in known]
        self._addresses = [_derived(secret, "address") for secret in known]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(secret, "seal"))) for secret in known])

    def sign(self, conversation: str, now: dt.datetime | None = None) -> tuple[str, dt.datetime]:
        """The token of this conversation and when it ends."""
        now = now or dt.datetime.now(dt.timezone.utc)
        expires = now + TOKEN_LASTS
        claims = {"sub": conversation, "iat": now, "exp": expires}
        return jwt.encode(claims, self._tokens[0], algorithm="HS256"), expires

    def read(self, token: str) -> tuple[str, dt.datetime]:
        """The conversation that a token is for, and when it ends."""
        for key in self._tokens:
            try:
                # doors on several machines: what one has just signed is not too young for another whose clock is late
                claims = jwt.decode(
                    token, key, algorithms=["HS256"], options={"require": ["sub", "exp"], "verify_iat": False}
                )
            except jwt.ExpiredSignatureError as error:
                raise TokenExpired from error
            except jwt.InvalidTokenError:
                continue
            return claims["sub"], dt.datetime.fromtimestamp(claims["exp"], dt.timezone.utc)
        raise TokenInvalid

    def tag(self, *parts: object) -> str:
        """The same for the same parts; says nothing about them."""
        told = json.dumps(parts, default=str).encode()
        return hmac.new(self._tokens[0], told, hashlib.sha256).hexdigest()[:16]

    def tags(self, *parts: str) -> list[str]:
        """What stands for an address in the database: by each secret, the newest first."""
        told = json.dumps(parts).encode()
        return [hmac.new(key, told, hashlib.sha256).hexdigest() for key in self._addresses]

    def seal(self, value: Any) -> str:
        return self._box.encrypt(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).decode()

    def unseal(self, sealed: str) -> Any:
        try:
            return json.loads(self._box.decrypt(sealed.encode()).decode("utf-8", "surrogatepass"))
        except InvalidToken as error:
            raise SealBroken from error


@lru_cache(maxsize=1)
def keys() -> Keys:
    return Keys(settings().secrets or (_own(SECRET_FILE),))


def _own(file: Path) -> str:
    """The demonstration's: made once, kept beside its databases."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        made.touch(0o600)
        made.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was quicker: its secret is everybody's
            os.link(made, file)  # whole at once
        made.unlink()
    secret = file.read_text().strip()
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"{file} holds no secret. Remove it, and the next start makes a new one.")
    return secret


def _derived(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).digest()
