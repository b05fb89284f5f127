"""What the encoder learns from, as the bot will show it: lemmas with one space between. By the project's Python."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from bot.nlu.encoder import is_kept_unseen, readable  # noqa: E402
from bot.training.check_intents import trained  # noqa: E402
from bot.training.located import Files  # noqa: E402

PUBLIC = "Banking77_Arabized_MSA_PAL_train.csv"


def main(public: Path, target: Path) -> None:
    with (public / PUBLIC).open(encoding="utf-8", newline="") as file:
        banking = [(row["label"], readable(row["text"])) for row in csv.DictReader(file)]
    found = {"ours": [pair for pair in _ours() if not is_kept_unseen(pair[1])], "banking": banking}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=0), encoding="utf-8")
    print(", ".join(f"{name}: {len(pairs)} sentences" for name, pairs in found.items()))


def _ours() -> list[tuple[str, str]]:
    files = Files(ROOT)
    sentences = trained([files[path] for path in sorted((ROOT / "data" / "nlu").rglob("*.yml"))])
    return [(one.intent, line) for one in sentences if (line := readable(one.text))]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
