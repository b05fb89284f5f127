import subprocess
import sys

from bot.project import ROOT


def test_the_text_functions_bring_neither_rasa_nor_spacy_nor_sklearn() -> None:
    """The action server imports them and starts light."""
    modules = [f"bot.text.{path.stem}" for path in (ROOT / "bot" / "text").glob("*.py")]
    program = (
        f"import sys, {', '.join(modules)}; sys.exit(bool({{'rasa', 'spacy', 'sklearn', 'torch'}} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
