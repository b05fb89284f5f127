"""Runs a loaded model's graph: what Rasa's DaskGraphRunner does, without planning it anew for every message."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class PlannedGraphRunner(DaskGraphRunner):
    """Nodes one after the other, in an order found once for each target."""

    @classmethod
    def of(cls, runner: DaskGraphRunner) -> PlannedGraphRunner:
        runner.__class__ = cls
        runner._plans = {}
        return runner

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        targets = targets or self._graph_schema.target_names
        known: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._plan(tuple(targets)):
            known[name] = self._instantiated_nodes[name](*(known.get(need, need) for need in needs))
        return dict(known[target] for target in targets)

    def _plan(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        if targets not in self._plans:
            nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
            needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
            order = TopologicalSorter({name: set(of) & nodes.keys() for name, of in needs.items()}).static_order()
            self._plans[targets] = [(name, needs[name]) for name in order]
        return self._plans[targets]
