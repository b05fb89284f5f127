"""The conventions of this project, as tests: what the parts call each other, who may import what, what is committed."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml
from alembic.config import Config
from alembic.script import ScriptDirectory
from rasa_sdk import Action

import actions
from actions.case_db.models import CASE_KINDS, REQUEST_KINDS, REQUEST_STATES
from actions.replies import ANSWERS, answer_to
from actions.services import errors
from actions.services.payments import STAGE_NOTICES
from bot.answers import Answers
from bot.cli import COMMANDS, parser
from bot.project import DATA, ROOT
from bot.text import national_id

RASA_FREE = ("check", "chat", "db", "demo", "dead", "events", "reconcile", "bench")
PRINTING = ("bot/bench/", "bot/cli/", "bot/welcome.py", "bot/serve.py", "bot/training/model.py")
"""What talks to whoever started it; everything else logs."""


def python(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Modules that a file names, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{shown(path)}: imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


# actions


@pytest.fixture(scope="module")
def action_names() -> list[str]:
    """As the action server finds them: every module below `actions` is imported, every subclass registered."""
    for module in pkgutil.walk_packages(actions.__path__, "actions."):
        importlib.import_module(module.name)
    return sorted(found().name() for found in _below(Action) if found.__module__.startswith("actions."))


def _below(base: type) -> Iterator[type]:
    for found in base.__subclasses__():
        if not inspect.isabstract(found):
            yield found
        yield from _below(found)


def test_each_action_name_exists_once_and_the_domain_names_the_same(action_names: list[str]):
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert action_names == sorted(domain["actions"])


def test_an_action_s_file_bears_its_name(action_names: list[str]):
    files = [path.stem for path in python("actions") if path.stem.startswith(("action_", "validate_"))]
    assert sorted(files) == action_names


def test_sub_packages_of_actions_are_named_like_nothing_else():
    """The action server imports everything under actions/; a name that is also a module's would be that module."""
    top_level = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for folder in (ROOT / "actions").iterdir():
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            assert folder.name not in top_level
            assert importlib.util.find_spec(folder.name) is None, f"actions/{folder.name} is also an installed module"


# answers that are named by a state, which only running would miss

NAMED = {
    "utter_id_": get_args(national_id.Problem),
    "utter_code_": ("too_soon", "blocked", "sms_down", "verified", "wrong", "spent", "expired", "none", "wrong_form"),
    "utter_resend_": ("sent", "too_soon", "blocked", "sms_down", "no_id"),
    "utter_case_line_": CASE_KINDS,
    "utter_request_": [f"{kind}_{state}" for kind in REQUEST_KINDS for state in REQUEST_STATES],
    "utter_payment_stage_": range(1, 6),
    "utter_notice_": [*STAGE_NOTICES.values(), "request_under_review", "request_granted", "lifted"],
    "utter_lift_": [f"{filed}{paid}" for filed in ("filed", "already_filed") for paid in ("", "_unpaid")],
    "utter_grace_": ("filed", "already_filed"),
    "utter_guide_": ("pay_done", "invoice_done", "lift_done"),
    "utter_document": ("_received", "_lapsed", "_not_asked_for", "s_sent"),
    "utter_history_": ("hidden", "erased", "removed"),
    "utter_other_language_": ("ur", "hi", "bn", "tl", "id", "fr"),
    "": ANSWERS.values(),
}


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


@pytest.mark.parametrize("name", [f"{start}{end}" for start, ends in NAMED.items() for end in ends])
def test_every_state_has_its_answer(answers: Answers, name: str):
    assert name in answers.answers


NEVER_SAID = {
    ("BadValue", "cancelled"): "told to the bank, not to a citizen",
    ("BadValue", "paid_twice"): "told to the bank",
    ("BadValue", "reference"): "told to the bank",
    ("BadValue", "code"): "the form takes six digits only",
    ("BadValue", "reason"): "the form takes a sentence only",
}


def raised_by_services() -> list[tuple[str, str]]:
    """Each refusal as it stands in the code: the error and its reason."""
    found = set()
    for path in python("actions/services"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and node.exc:
                call = node.exc if isinstance(node.exc, ast.Call) else ast.Call(node.exc, [], [])
                reasons = [reason.value for reason in call.args if isinstance(reason, ast.Constant)]
                found.add((ast.unparse(call.func), *(reasons or [""])))
    return sorted(name for name in found if hasattr(errors, name[0]) and name[0] not in ("Unavailable", "NotApplied"))


@pytest.mark.parametrize(("error", "reason"), raised_by_services())
def test_every_refusal_of_a_service_has_words_of_its_own(error: str, reason: str):
    if (error, reason) in NEVER_SAID:
        return
    assert answer_to(getattr(errors, error)(reason)) != ANSWERS["Unavailable"], "nothing was away"


def test_the_table_of_refusals_names_only_errors_that_there_are():
    assert {name.partition(":")[0] for name in ANSWERS} <= {error.__name__ for error in _below(errors.ServiceError)}


def test_torch_and_transformers_stay_out():
    """camel-tools declares both; the parts of it that are used here need neither, and they are several GB."""
    locked = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    assert "camel-tools" in locked
    assert not locked & {"torch", "transformers"}


# who imports what


@pytest.mark.parametrize("path", python("actions"), ids=shown)
def test_actions_leave_rasa_alone_and_take_only_text_from_the_bot(path: Path):
    for name in imported(path):
        assert name.split(".")[0] != "rasa", f"{name}: the action server starts light"
        assert name.split(".")[0] != "bot" or name.startswith("bot.text."), name


def test_commands_that_only_look_or_talk_import_no_rasa():
    """Also not what they import when they run; and `bot --help` starts none either."""
    named = {name for verb in RASA_FREE for name in imported(ROOT / "bot" / "cli" / f"{verb}.py")}
    code = f"""
import importlib, sys
from bot.cli import parser
parser()
for name in {sorted(named)!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        importlib.import_module(name.rpartition(".")[0])
print(sorted({{"rasa", "tensorflow"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_only_four_commands_name_what_imports_rasa():
    code = "import sys; import bot.training.check, bot.welcome, bot.answers; print('rasa' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr
    assert set(COMMANDS) - set(RASA_FREE) == {"serve", "train", "parse", "evaluate"}


@pytest.mark.parametrize("path", python("bot", "actions"), ids=shown)
def test_nothing_prints_but_what_talks_to_whoever_started_it(path: Path):
    if shown(path).startswith(PRINTING):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        assert not is_print, f"{shown(path)}:{node.lineno} prints; use logging"


# the command


@pytest.mark.parametrize("verb", COMMANDS)
def test_help_of_each_command_shows_an_example(verb: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        parser().parse_args([verb, "--help"])
    assert left.value.code == 0
    assert re.search(rf"^ +(\S+=\S+ |.*\| *)?bot {verb}\b", capsys.readouterr().out, re.MULTILINE)


def test_packages_go_into_this_project_s_environment_whichever_is_activated():
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
    installing = re.findall(r"\$\(UV\) pip (?:sync|install).*", recipes)
    assert len(installing) == 3
    assert all(re.search(r"--python \$\((BIN|TOOLS)\)/", line) for line in installing)


# data


def test_training_data_stands_where_it_is_looked_for():
    """Rasa takes any file with these keys for training data, and our importer takes answers from one folder."""
    homes = {"nlu": "nlu", "rules": "rules", "stories": "stories", "responses": "responses"}
    for path in DATA.rglob("*.yml"):
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for key in homes.keys() & (content if isinstance(content, dict) else {}).keys():
            assert path.relative_to(DATA).parts[0] == homes[key], f"{shown(path)} has the key {key}"


def test_held_out_sentences_have_no_key_that_trains():
    for path in (ROOT / "tests" / "nlu").rglob("*.yml"):
        assert "nlu" not in yaml.safe_load(path.read_text(encoding="utf-8")), shown(path)


@pytest.mark.parametrize("package", ["actions/case_db", "bot/delivery"])
def test_the_head_file_names_the_only_head(package: str):
    """Two new migrations clash in this file, in git, not in production."""
    migrations = ROOT / package / "migrations"
    config = Config()
    config.set_main_option("script_location", str(migrations))
    heads = ScriptDirectory.from_config(config).get_heads()
    assert heads == [(migrations / ".current-alembic-head").read_text().strip()]


# what is committed


def test_no_file_names_a_package_index_or_somebody_s_machine():
    hosts = ["py" + "pi.org", "python" + "hosted", "/simple" + "/"]
    homes = [f"/{folder}/" for folder in ("home", "root", "Users", "work")]
    # a path, not the middle of an address
    never = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<![\w.]){home}\w" for home in homes)]))
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a font, a model
        for number, line in enumerate(text.splitlines(), 1):
            assert not never.search(line), f"{shown(path)}:{number}: {line.strip()[:100]}"


def test_the_readme_names_the_two_commands_in_both_languages():
    arabic, _, english = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n# ")
    for section in (arabic, english):
        assert "make run" in section
        assert "make test" in section


@pytest.mark.parametrize("what", [("check",), ("format", "--check")], ids=["lint", "format"])
def test_the_code_is_as_ruff_wants_it(what: tuple[str, ...]):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *what, "."], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout
