"""What `bot bench door` reads off its measurements."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from bot.bench import door
from bot.bench.load import Result, Sample
from bot.bench.machine import SmsFile, cpu_of, machine_cpu

CORES = os.cpu_count() or 1


def result(rate: float = 10, **cpu: float) -> Result:
    samples = [Sample(due=0.0, sent=0.0, acknowledged=0.004, answered=0.05) for _ in range(int(rate))]
    return Result(rate, 1.0, samples, [1], cpu=cpu, wall=1.0)


@pytest.mark.parametrize(
    ("cpu", "words"),
    [
        ({"worker 1": 0.95, "machine": 1.0}, "worker 1 has no more of its core"),
        ({"worker 1": 0.3, "machine": 0.4}, "it waits"),
        ({"worker 1": 0.6, "machine": float(CORES)}, f"all {CORES} cores are busy"),
    ],
)
def test_what_limits_is_named(cpu: dict[str, float], words: str) -> None:
    if words.startswith("worker") and CORES == 1:
        pytest.skip("one core")
    assert words in door.limit(result(**cpu))


def test_a_machine_that_others_use_is_told_in_the_row() -> None:
    assert "others: 1.5 cores" in door.row(result(door=0.5, machine=2.0))
    assert "others" not in door.row(result(door=0.5, machine=0.6))


def test_the_row_says_what_went_wrong() -> None:
    bad = result()
    bad.samples[0] = Sample(due=0.0, error="503")
    bad.samples[1] = Sample(due=0.0, error="lost")
    shown = door.row(bad)
    assert "1 × 503" in shown
    assert "1 × lost" in shown
    assert "not sustained" in shown


def test_statuses_have_a_row_of_their_own() -> None:
    shown = door.row(result(rate=10, load=0.1, machine=0.1), [0.004] * 29 + [0.2])
    assert shown.splitlines()[1].split() == ["4", "4", "200", "for", "30", "statuses,", "3.0", "each", "message"]
    assert len(door.row(result(), []).splitlines()) == 1


def test_what_was_measured_of_statuses_is_kept_for_each_rate() -> None:
    side = door.Side(door.OURS, 2, [result(5), result(10)], [[0.004], [0.006, 0.008]])
    options = argparse.Namespace(channel=door.WHATSAPP, database=None, seconds=1.0)
    first, second = door._as_json([side], options)["sides"][0]["rates"]
    assert first["statuses"]["count"] == 1
    assert (second["rate"], second["statuses"]["count"], second["statuses"]["p99"]) == (10, 2, 0.008)


def test_by_whatsapp_ours_alone_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr("bot.training.model.is_current", lambda: True)
    measured: list[str] = []

    def measure(name: str, *_: object) -> door.Side:
        measured.append(name)
        return door.Side(name, 2, [result(5, **{"worker 1": 0.1, "rasa": 0.1})])

    monkeypatch.setattr(door, "_measure", measure)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    parser = argparse.ArgumentParser()
    door.arguments(parser)
    assert door.run(parser.parse_args(["--channel", "whatsapp"])) == 0
    assert measured == [door.OURS]
    assert door.run(parser.parse_args(["--channel", "whatsapp", "--only", "rasa"])) == 1
    assert "no WhatsApp channel" in capsys.readouterr().err
    assert door.run(parser.parse_args([])) == 0
    assert measured == [door.OURS, door.OURS, door.RASAS]


def test_the_summary_compares_process_with_process() -> None:
    ours = door.Side(door.OURS, 2, [result(50, **{"worker 1": 0.3, "worker 2": 0.2, "machine": 1.0})])
    rasas = door.Side(door.RASAS, 1, [result(25, rasa=0.5, machine=1.0)])
    summary = door._summary([ours, rasas])
    assert "ratio: 2.0 in all, 1.0 for each process that answers; CPU per message in them: 1 to 2.0" in summary


def test_a_plot_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "door.svg"
    door.plot([door.Side(door.OURS, 2, [result(5), result(10)])], file)
    assert "<svg" in file.read_text()


def test_codes_are_read_as_the_file_grows(tmp_path: Path) -> None:
    sms = SmsFile(tmp_path / "sms.jsonl")
    assert sms.code("+966") is None
    sms.file.write_text('{"to": "+966", "text": "code 123456."}\n{"to": "+967", "te')
    assert sms.code("+966") == "123456"
    assert sms.code("+967") is None
    with sms.file.open("a") as more:
        more.write('xt": "654321"}\n')
    assert sms.code("+967") == "654321"


def test_cpu_time_is_read_from_the_kernel() -> None:
    before = cpu_of(os.getpid())
    while cpu_of(os.getpid()) - before < 0.03:
        sum(range(100_000))
    assert machine_cpu() > 0
    assert cpu_of(2**22 - 1) == 0.0
