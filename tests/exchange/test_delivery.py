"""Deliveries: to a storage through fsspec, and by webhook to a real server on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from segkit.errors import SegkitError
from segkit.exchange import delivery
from segkit.exchange.storage import plain

SECRET = b"between us"


class Receiver:
    """A server that keeps what it is sent and answers as it was told to, then with 204."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                raise AssertionError("nobody may be sent elsewhere")

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/users?token=hidden"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setenv("SEGKIT_WEBHOOK_SECRET", SECRET.decode())
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def _zip(exporter: Any, part: Any, users: int = 2_500) -> Path:
    batch = pa.record_batch({"uid": [f"u{n:04}" for n in range(users)]})
    path = exporter().parts([part([batch], users, piece="A")], format="jsonl").result.path
    assert isinstance(path, Path)
    return path


def test_batches_are_signed_numbered_and_followed_by_the_manifest(receiver: Receiver, exporter: Any, part: Any) -> None:
    path = _zip(exporter, part)
    done = delivery.deliver(path, receiver.url, key="k1")
    assert (done.requests, done.tries) == (4, 4)
    assert done.told() == {"key": "k1", "place": receiver.url.split("?")[0], "requests": 4, "tries": 4}
    assert [headers["Segkit-Batch"] for headers, _ in receiver.requests] == ["1/3", "2/3", "3/3", "manifest"]
    assert [len(body.splitlines()) for _, body in receiver.requests[:3]] == [1_000, 1_000, 500]
    uids = [json.loads(line)["uid"] for _, body in receiver.requests[:3] for line in body.splitlines()]
    assert uids == [f"u{n:04}" for n in range(2_500)]
    for headers, body in receiver.requests:
        key = headers["Idempotency-Key"]
        assert headers["Segkit-Signature"] == "sha256=" + hmac.digest(SECRET, f"{key}.".encode() + body, "sha256").hex()
        assert headers["Segkit-Export"] == "k1"
    assert {headers.get("Segkit-Piece") for headers, _ in receiver.requests[:3]} == {"A"}
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.requests}) == 4
    assert json.loads(receiver.requests[3][1])["segments"][0]["rows"] == 2_500


def test_sent_again_every_batch_has_the_same_key(receiver: Receiver, exporter: Any, part: Any) -> None:
    path = _zip(exporter, part)
    for _ in range(2):
        delivery.deliver(path, receiver.url, key="k1")
    keys = [headers["Idempotency-Key"] for headers, _ in receiver.requests]
    assert keys[:4] == keys[4:]
    delivery.deliver(path, receiver.url, key="k2")
    assert {headers["Idempotency-Key"] for headers, _ in receiver.requests[8:]}.isdisjoint(keys)


def test_a_busy_receiver_is_tried_again_with_growing_waits(receiver: Receiver, exporter: Any, part: Any) -> None:
    receiver.answers = [(503, {}), (429, {"Retry-After": "7"}), (500, {}), (200, {})]
    waits: list[float] = []
    done = delivery.deliver(_zip(exporter, part, 3), receiver.url, key="k1", wait=waits.append)
    assert waits == [1.0, 7.0, 4.0]
    assert (done.requests, done.tries) == (2, 5)
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.requests[:4]}) == 1


@pytest.mark.parametrize(
    ("answers", "tries", "said"),
    [
        ([(401, {})], 1, "answered 401, after 0 requests"),
        ([(200, {}), (410, {})], 2, "answered 410, after 1 requests"),
        ([(302, {"Location": "/elsewhere"})], 1, "answered 302"),
        ([(503, {})] * 9, 5, "answered 503, after 0 requests"),
    ],
)
def test_a_receiver_that_refuses_is_told_with_how_far_it_came_and_no_secret(
    receiver: Receiver, exporter: Any, part: Any, answers: Any, tries: int, said: str
) -> None:
    receiver.answers = list(answers)
    with pytest.raises(SegkitError) as caught:
        delivery.deliver(_zip(exporter, part), receiver.url, key="k1", wait=lambda _: None)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert len(receiver.requests) == tries


def test_nobody_there_is_told_after_some_tries(receiver: Receiver, exporter: Any, part: Any) -> None:
    waits: list[float] = []
    with pytest.raises(SegkitError, match="did not answer"):
        delivery.deliver(_zip(exporter, part, 1), "http://127.0.0.1:9/x", key="k1", wait=waits.append)
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_users_are_not_sent_without_encryption_nor_without_a_secret(
    receiver: Receiver, exporter: Any, part: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _zip(exporter, part, 1)
    with pytest.raises(SegkitError, match="users are sent over https only"):
        delivery.deliver(path, "http://example.org/x", key="k1")
    monkeypatch.delenv("SEGKIT_WEBHOOK_SECRET")
    with pytest.raises(SegkitError, match="no secret to sign with"):
        delivery.deliver(path, receiver.url, key="k1")
    assert receiver.requests == []


def test_a_webhook_takes_json_lines_only() -> None:
    with pytest.raises(SegkitError, match="found format csv, expected jsonl, or profile 'webhook'"):
        delivery.check_target("https://example.org/x?token=1", "csv")
    delivery.check_target("s3://bucket/folder", "csv")


# --- storages --------------------------------------------------------------------------------------------------------


def test_a_file_storage_has_the_zip_whole_and_once(exporter: Any, part: Any, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    path = _zip(exporter, part)
    target = (tmp_path / "far" / "away").as_uri()
    for _ in range(2):
        assert delivery.deliver(path, target, key="k1").place == f"{target}/out.zip"
    (found,) = (tmp_path / "far" / "away").iterdir()
    assert hashlib.sha256(found.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_a_storage_in_memory_has_the_zip(exporter: Any, part: Any) -> None:
    fsspec = pytest.importorskip("fsspec")
    path = _zip(exporter, part)
    delivery.deliver(path, "memory://lists/today", key="k1")
    files = fsspec.filesystem("memory")
    assert [name.split("/")[-1] for name in files.ls("/lists/today", detail=False)] == ["out.zip"]
    assert files.cat_file("/lists/today/out.zip") == path.read_bytes()


def test_a_storage_that_fails_is_named_without_what_is_secret(exporter: Any, part: Any, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SegkitError, match=r"could not be delivered to file://.*/taken: \w+Error"):
        delivery.deliver(_zip(exporter, part), (tmp_path / "taken").as_uri(), key="k1")


def test_a_storage_whose_backend_is_missing_names_the_extra(exporter: Any, part: Any) -> None:
    pytest.importorskip("fsspec")
    try:
        import s3fs  # noqa: F401
    except ImportError:
        with pytest.raises(SegkitError, match=r"pip install 'segkit\[s3\]'"):
            delivery.deliver(_zip(exporter, part), "s3://key:word@bucket/x", key="k1")
    with pytest.raises(SegkitError, match="expected such as s3://bucket/folder"):
        delivery.deliver(_zip(exporter, part), "nowhere://x", key="k1")


def test_what_is_nearly_a_url_is_no_folder() -> None:
    for target in ("s3:/bucket", "ftp:x", "https:example.org"):
        with pytest.raises(SegkitError, match="expected a folder, or a URL such as s3://bucket/folder"):
            delivery.check_target(target, "csv")
    for target in ("out", "/srv/lists", "a folder/b", "s3://bucket/x"):
        delivery.check_target(target, "csv")


def test_a_url_is_shown_without_user_password_and_query() -> None:
    assert plain("https://user:pass@example.org/hook/a?token=1#x") == "https://example.org/hook/a"
    assert plain("s3://bucket/folder") == "s3://bucket/folder"
