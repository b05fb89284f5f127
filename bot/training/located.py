"""YAML files that know the line of everything in them, and problems that name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Key = str | int


@dataclass(frozen=True, order=True)
class Problem:
    path: str
    line: int
    wrong: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.wrong}. {self.fix}."


class File:
    """One file, read once. Where it cannot be read, `data` is None and `broken` says why."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        """Its path as one types it in the project's folder."""
        self.node: yaml.Node | None = None
        self.data: Any = None
        self.broken: Problem | None = None
        try:
            loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
            self.node = loader.get_single_node()
            self.data = loader.construct_document(self.node) if self.node else {}
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or type(error).__name__
            fix = "راجع المسافات في أول السطر، وعلامات التنصيص والنقطتين"
            self.broken = Problem(shown, mark.line + 1 if mark else 1, f"ملف لا يُقرأ ({why})", fix)

    def line(self, *keys: Key) -> int:
        """Where that key or item stands; the nearest thing above it where there is no such."""
        return self._find(keys)[0]

    def line_of_text(self, nth: int, *keys: Key) -> int:
        """Where the nth line (from 0) of that text stands."""
        line, node = self._find(keys)
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return node.start_mark.line + 2 + nth if is_block else line

    def problem(self, wrong: str, fix: str, *keys: Key) -> Problem:
        return Problem(self.shown, self.line(*keys), wrong, fix)

    def at(self, *keys: Key) -> str:
        """`path:line`, to name this place in a line about another."""
        return f"{self.shown}:{self.line(*keys)}"

    def repeated(self) -> Iterator[tuple[str, int, int]]:
        """Keys that stand twice in one place, with both lines: YAML keeps the last without a word."""
        return _repeated(self.node)

    def _find(self, keys: tuple[Key, ...]) -> tuple[int, yaml.Node | None]:
        line, node = 1, self.node
        for key in keys:
            if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == key), None)
                if pair:
                    line, node = pair[0].start_mark.line + 1, pair[1]
        return line, node


class Files(dict[Path, File]):
    """Each file of a project, read when it is first asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def __missing__(self, path: Path) -> File:
        inside = self.root in path.parents
        self[path] = File(path, str(path.relative_to(self.root) if inside else path))
        return self[path]

    def under(self, folder: str) -> list[File]:
        return [self[path] for path in sorted((self.root / folder).rglob("*.yml"))]


def mapping(value: Any, *keys: Key) -> dict:
    """The mapping at these keys; empty where there is something else or nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _repeated(node: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if isinstance(key.value, str) and seen.setdefault(key.value, line) != line:
                yield key.value, line, seen[key.value]
            yield from _repeated(value)
