"""A planned graph gives what Rasa's own runner gives, and is planned once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.engine.runner.dask import DaskGraphRunner

from bot.graph import PlannedGraphRunner

if TYPE_CHECKING:
    from tests.scenarios.runner import Stage


@pytest.mark.parametrize("typed", ["كم ياخذ رفع الإيقاف؟", "رقمي 1058529940 والراجحي", "؟"])
def test_a_message_is_understood_the_same_way(stage: Stage, typed: str) -> None:
    processor = stage.assistant.agent.processor
    runner = processor.graph_runner
    assert isinstance(runner, PlannedGraphRunner)
    planned = asyncio.run(processor.parse_message(UserMessage(typed)))
    plans = dict(runner._plans)
    runner.__class__ = DaskGraphRunner
    try:
        assert asyncio.run(processor.parse_message(UserMessage(typed))) == planned
    finally:
        runner.__class__ = PlannedGraphRunner
    asyncio.run(processor.parse_message(UserMessage(typed)))
    assert runner._plans == plans
