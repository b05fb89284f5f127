"""`bot bench arbanking77`: files as people leave them, and one whole run of the real pipeline on a handful of rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.bench import arbanking77
from bot.bench.arbanking77 import TRAINING_FILE, Rows, Unusable, read
from bot.cli import main
from bot.project import ROOT

TRAINED_ON = {
    "وصول البطاقة": [
        "متى تصل بطاقتي",
        "لم تصلني البطاقة بعد",
        "أين بطاقتي الجديدة",
        "انتظر وصول البطاقة",
        "تأخرت البطاقة",
    ],
    "سعر الصرف": ["كم سعر الصرف اليوم", "سعر صرف الدولار", "هل يتغير سعر الصرف", "أريد سعر صرف اليورو", "ما سعر الصرف"],
    "إغلاق الحساب": ["أريد إغلاق حسابي", "كيف أغلق الحساب", "أقفل حسابي من فضلك", "إغلاق الحساب نهائيا", "احذف حسابي"],
}


def lines(rows: list[tuple[str, str]], header: str = "label,text") -> str:
    return "\n".join([header, *(f'"{label}","{text}"' for label, text in rows)]) + "\n"


def training() -> str:
    return lines([(label, text) for label, texts in TRAINED_ON.items() for text in texts])


# files


@pytest.mark.parametrize(
    "content",
    [
        b"label,text\na,one\nb,two\n",
        "\ufefflabel,text\na,one\nb,two\n".encode(),
        b'\xef\xbb\xbf"label","text"\r\n"a","one"\r\n"b","two"\r\n',
        b"text,label\none,a\ntwo,b\n",
        b" Text , LABEL ,id\none , a,7\ntwo,  b ,8",
        b"label,text,\na,one,\nb,two,\n",
    ],
    ids=["plain", "BOM", "BOM, quotes and CRLF", "other order", "spaces, capitals and a third column", "empty column"],
)
def test_a_file_is_read_however_it_was_saved(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_bytes(content)
    assert read(tmp_path / "some.csv") == Rows("some.csv", [("a", "one"), ("b", "two")], {})


def test_a_quoted_line_break_is_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_bytes(b'label,text\r\na,"one\r\nand, two"\r\nb,three\r\n')
    found = read(tmp_path / "some.csv")
    assert found and found.rows == [("a", "one\r\nand, two"), ("b", "three")]


def test_rows_that_cannot_be_used_are_counted_by_their_reason(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("label,text\n\n,\na,one\na,\na\n,two\n؟!,three\na,four,five\n   \n", "utf-8")
    found = read(tmp_path / "some.csv")
    assert found == Rows(
        "some.csv", [("a", "one")], {"empty": 3, "no text": 2, "no label": 2, "more cells than columns": 1}
    )


def test_a_file_with_other_columns_is_not_one_of_the_set(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("id,question\n1,one\n")
    (tmp_path / "empty.csv").write_text("")
    assert read(tmp_path / "some.csv") is None
    assert read(tmp_path / "empty.csv") is None


@pytest.mark.parametrize(
    "content", ["label,text\nأ,ب\n".encode("cp1256"), b'label,text\na,"' + b"x" * 200_000 + b'"\n']
)
def test_what_is_no_csv_in_utf_8_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_bytes(content)
    with pytest.raises(Unusable, match=r"some\.csv cannot be read"):
        read(tmp_path / "some.csv")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (None, "is not a folder"),
        ({"a_test.csv": lines([("وصول البطاقة", "متى تصل")])}, f"{TRAINING_FILE} is missing"),
        ({TRAINING_FILE: "id,question\n1,one\n"}, "no columns label and text"),
        ({TRAINING_FILE: lines([("أ", "واحد"), ("ا", "اثنان")])}, "has not two labels"),
        ({TRAINING_FILE: training(), "other_train.csv": training(), "notes.csv": "a,b\n"}, "to test with"),
    ],
    ids=["no folder", "no training file", "other columns", "one label", "no test file"],
)
def test_a_folder_without_the_set_is_one_line_and_exit_code_2(
    files: dict[str, str] | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    if files is not None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    assert main(["bench", "arbanking77", "--data", str(folder)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


# a whole run


@dataclass
class Ran:
    code: int
    out: str
    err: str
    json: dict[str, Any]
    left: list[Path]

    def cells(self, file: str) -> list[str]:
        [line] = [line for line in self.out.splitlines() if line.startswith(f"| {file} ")]
        return [cell.strip() for cell in line.strip("|").split("|")]


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "bot", "bench", "arbanking77", "--data", str(folder), *more]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    known = [(label, texts[0]) for label, texts in TRAINED_ON.items()]
    spelt = [(" وصول  البطاقه ", TRAINED_ON["وصول البطاقة"][1]), ("اغلاق الحساب", TRAINED_ON["إغلاق الحساب"][1])]
    files = {
        TRAINING_FILE: training() + "\n,\n",
        "Banking77_Arabized_MSA_test.csv": lines(known),
        "saudi.CSV": "\ufeff" + lines([(text, label) for label, text in spelt], "text,label").replace("\n", "\r\n"),
        "strange_test.csv": lines([*known[:1], ("بطاقة مسروقة", "سرقت بطاقتي"), ("", "بلا تصنيف")]),
        "empty_test.csv": "label,text\n",
        "notes.csv": "a,b\n1,2\n",
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder


@pytest.fixture(scope="module")
def ran(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("run")
    (folder / "tmp").mkdir()
    report = folder / "new" / "report.json"
    done = subprocess.run(
        command(data, "--json", str(report)),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text(encoding="utf-8"))
    return Ran(done.returncode, done.stdout, done.stderr, told, list((folder / "tmp").iterdir()))


def test_the_table_has_a_row_for_each_file_that_is_not_trained_on(ran: Ran) -> None:
    [header] = [line for line in ran.out.splitlines() if line.startswith("| file")]
    assert [cell.strip() for cell in header.strip("|").split("|")] == list(arbanking77.HEADER)
    assert arbanking77.HEADER == ("file", "rows", "accuracy", "among three", "macro F1")
    assert ran.cells("Banking77_Arabized_MSA_test.csv")[1:] == ["3", "100.0%", "100.0%", "1.000"]
    assert ran.cells("empty_test.csv")[1:] == ["0", "-", "-", "-"]
    assert {test["file"] for test in ran.json["tests"]} == {
        "Banking77_Arabized_MSA_test.csv",
        "saudi.CSV",
        "strange_test.csv",
        "empty_test.csv",
    }


def test_another_spelling_of_a_label_is_the_same_label(ran: Ran) -> None:
    assert ran.cells("saudi.CSV")[1:3] == ["2", "100.0%"]


def test_a_label_that_was_never_trained_counts_as_wrong_and_is_named(ran: Ran) -> None:
    assert ran.cells("strange_test.csv")[1:4] == ["2", "50.0%", "50.0%"]
    assert "strange_test.csv: never trained on, wrong: 1 × بطاقة مسروقة" in ran.out


def test_what_was_skipped_is_told_with_its_reason(ran: Ran) -> None:
    assert "strange_test.csv: left out (1 rows skipped: 1 × no label)" in ran.out
    assert f"{TRAINING_FILE}: 15 sentences, 3 labels (2 rows skipped: 2 × empty)" in ran.err


def test_rows_that_were_trained_on_are_told(ran: Ran) -> None:
    assert "Banking77_Arabized_MSA_test.csv: 3 rows were trained on, too" in ran.out


def test_training_and_latency_are_told(ran: Ran) -> None:
    assert "Trained on 15 sentences in" in ran.out
    assert ran.json["training"]["encoded"] == 15, "no vectors of an earlier training"
    assert 0 < ran.json["latency"]["median_ms"] <= ran.json["latency"]["p95_ms"]


def test_the_report_says_where_it_was_made(ran: Ran) -> None:
    assert ran.json["machine"]["cores"] == os.cpu_count()
    assert ran.json["versions"]["rasa"]
    assert {"at", "commit", "parameters"} <= set(ran.json)


def test_nothing_is_left_in_the_temporary_folder(ran: Ran) -> None:
    assert ran.left == []


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_no_process_and_no_folder_is_left_when_it_is_stopped(
    how: signal.Signals, code: int, data: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        command(data),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    for line in process.stderr:
        if "importing Rasa" in line:  # said by the process that trains
            break
    assert len(processes_of(tmp_path)) == 2
    process.send_signal(how)
    process.stderr.read()
    assert process.wait(60) == code
    if how == signal.SIGKILL:  # nobody is there who could remove the folder, or wait
        deadline = time.monotonic() + 10
        while processes_of(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.1)
    else:
        assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def processes_of(folder: Path) -> list[int]:
    """Those whose temporary files are below it."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            environ = (path / "environ").read_bytes() if path.name.isdecimal() else b""
        except OSError:
            continue
        if f"TMPDIR={folder}".encode() in environ:
            found.append(int(path.name))
    return found
