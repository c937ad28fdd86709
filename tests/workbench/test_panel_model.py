"""What every panel's model does with what a view sends: answers, refusals, and nothing that stops it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from segkit.errors import Cancelled, SegkitError
from segkit.workbench.panels.model import Answer, Asked, PanelModel


@pytest.fixture
def told() -> list[tuple[dict[str, Any], list[bytes]]]:
    return []


@pytest.fixture
def model(told: list[tuple[dict[str, Any], list[bytes]]]) -> PanelModel:
    made = PanelModel()
    made.tell = lambda message, buffers=(): told.append((message, list(buffers)))
    return made


def test_an_answer_carries_the_number_that_it_was_asked_with(model: PanelModel, told: list[Any]) -> None:
    model.answers["double"] = lambda asked: {"is": 2 * asked.number("of")}
    model.receive({"do": "double", "ask": 7, "of": 21})
    model.wait()
    assert told == [({"kind": "answer", "ask": 7, "is": 42}, [])]


def test_bytes_come_and_go(model: PanelModel, told: list[Any]) -> None:
    def turned(asked: Asked) -> Answer:
        return {"size": 3}, [bytes(reversed(asked.buffers[0]))]

    model.answers["turn"] = turned
    frame = bytearray(b"abc")
    model.receive({"do": "turn", "ask": 1}, [memoryview(frame)])  # type: ignore[list-item]
    frame[:] = b"xyz"
    model.wait()
    assert told == [({"kind": "answer", "ask": 1, "size": 3}, [b"cba"])]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (SegkitError("no such thing"), "no such thing"),
        (ValueError("bad value 'mary@example.com'"), "ValueError: bad value '•••'"),
    ],
)
def test_what_fails_is_refused_in_words_without_personal_data_and_the_next_is_answered(
    model: PanelModel, told: list[Any], failure: Exception, words: str
) -> None:
    def fails(_asked: Asked) -> Answer:
        raise failure

    model.answers |= {"fail": fails, "go": lambda _asked: {}}
    model.receive({"do": "fail", "ask": 1})
    model.receive({"do": "go", "ask": 2})
    model.wait()
    assert [message for message, _ in told] == [
        {"kind": "answer", "ask": 1, "refused": words}, {"kind": "answer", "ask": 2},
    ]  # fmt: skip


def test_what_runs_is_given_up_by_cancel(model: PanelModel, told: list[Any]) -> None:
    runs = threading.Event()

    def long(asked: Asked) -> Answer:
        runs.set()
        assert asked.cancel.wait(60)
        raise Cancelled("stopped")

    model.answers["long"] = long
    model.receive({"do": "long", "ask": 1})
    assert runs.wait(60)
    model.receive({"do": "cancel"})
    model.wait()
    assert told[0][0] == {"kind": "answer", "ask": 1, "refused": "Stopped.", "stopped": True}


@pytest.mark.parametrize("message", [None, 1, "x", [], {}, {"do": 1}, {"do": "unknown"}, {"do": ["go"]}])
def test_what_is_no_message_is_let_go(model: PanelModel, told: list[Any], message: object) -> None:
    model.receive(message)
    model.wait()
    assert told == []


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", 1), ("text", "x" * 1_001), ("number", "1"), ("number", True), ("number", -1), ("flag", "yes"),
        ("texts", "abc"), ("texts", [1]), ("texts", ["x"] * 101), ("day", "tomorrow"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(method: str, value: object) -> None:
    with pytest.raises(SegkitError, match="value: "):
        getattr(Asked({"value": value}), method)("value")
