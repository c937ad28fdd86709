"""Messages between a page's kernel and the evaluator: JSON and bytes over a private socket, never pickled objects."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

Message = dict[str, Any]
#: A message and each of its buffers; uploads come in pieces of 1 MB.
LONGEST = 8 << 20
MOST_BUFFERS = 16


class Broken(Exception):
    """The other side is gone, or speaks something else."""


class Wire:
    """One connection. Sending is safe from any thread; one thread receives."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message, buffers: Sequence[bytes] = ()) -> None:
        """Sends a message with bytes. Raises Broken."""
        head = json.dumps({"message": message, "buffers": len(buffers)}, ensure_ascii=False).encode()
        try:
            with self._sending:
                self._connection.send_bytes(head)
                for each in buffers:
                    self._connection.send_bytes(each)
        except (OSError, ValueError) as error:
            raise Broken("the connection ended") from error

    def receive(self) -> tuple[Message, list[bytes]]:
        """The next message with its bytes. Raises Broken."""
        try:
            head = json.loads(self._connection.recv_bytes(LONGEST))
            message, count = head["message"], head["buffers"]
            if not isinstance(message, dict) or not isinstance(count, int) or not 0 <= count <= MOST_BUFFERS:
                raise Broken("found no message")
            return message, [self._connection.recv_bytes(LONGEST) for _ in range(count)]
        except (EOFError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Broken("the connection ended") from error

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()
