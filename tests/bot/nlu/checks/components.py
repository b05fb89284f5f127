"""Of every component, whatever its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.nlu import fingerprint


def check_a_changed_helper_or_data_file_trains_again(component: Any, folder: Path) -> None:
    """Rasa's cache looks at the class alone; the addon is what makes it see the rest."""
    files = [folder / name for name in ("bot/nlu/words.py", "bot/text/clean.py", "data/reference/banks.yml")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("as it was")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "ROOT", folder)
        patch.setattr(fingerprint, "DATA", folder / "data")

        def addon() -> str:
            fingerprint.helpers_fingerprint.cache_clear()  # read once a process, and this is one
            return component.fingerprint_addon(component.get_default_config())

        try:
            before = addon()
            assert addon() == before
            for file in files:
                file.write_text("changed")
                assert addon() != before, file
                file.write_text("as it was")
                assert addon() == before
                file.with_name(f"new{file.suffix}").write_text("")
                assert addon() != before, file
                file.with_name(f"new{file.suffix}").unlink()
        finally:
            fingerprint.helpers_fingerprint.cache_clear()


CHECKS = (check_a_changed_helper_or_data_file_trains_again,)
