"""Messages between a page's kernel and the evaluator: JSON and bytes, and nothing that would be run."""

from __future__ import annotations

import pickle
from multiprocessing import Pipe

import pytest

from segkit.dashboards.wire import LONGEST, Broken, Wire


def test_a_message_arrives_with_its_bytes() -> None:
    here, there = map(Wire, Pipe())
    here.send({"panel": 1, "asks": {"text": "Zürich"}}, [b"\x00\xff", b""])
    assert there.receive() == ({"panel": 1, "asks": {"text": "Zürich"}}, [b"\x00\xff", b""])


@pytest.mark.parametrize(
    "sent",
    [
        pickle.dumps({"message": {}, "buffers": 0}),
        b"[]", b"{}", b"null", b'{"message": [], "buffers": 0}', b'{"message": {}, "buffers": -1}',
        b'{"message": {}, "buffers": 17}', b'{"message": {}, "buffers": "1"}', b"[" * 100_000, b"\xff",
    ],
)  # fmt: skip
def test_what_is_no_message_ends_the_connection(sent: bytes) -> None:
    raw, there = Pipe()
    raw.send_bytes(sent)
    with pytest.raises(Broken):
        Wire(there).receive()


def test_a_message_that_is_too_long_ends_the_connection() -> None:
    raw, there = Pipe()
    # Only its length is sent, so that nobody waits for the rest.
    import os
    import struct

    os.write(raw.fileno(), struct.pack("!i", LONGEST + 1))
    with pytest.raises(Broken):
        Wire(there).receive()


def test_who_speaks_to_nobody_is_told() -> None:
    here, there = Pipe()
    there.close()
    with pytest.raises(Broken):
        Wire(here).send({"panel": 1})
    with pytest.raises(Broken):
        Wire(here).receive()
