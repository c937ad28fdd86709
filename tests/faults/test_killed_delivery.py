"""An export that is killed on its way to an S3 storage or a webhook, and run again, arrives once."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from segkit import label
from tests.faults.killed_delivery import STEPS, export_due
from tests.operations.receivers import http_receiver
from tests.small_workspace import SmallWorkspace
from tests.store.making import Start

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto.server")
pytest.importorskip("s3fs")

POINTS = [f"{when} {step}" for step, when in product(STEPS, ("before", "after"))]
DUE = """
[[exports]]
name = "{name}"
app = "shop"
segments = ["Ones"]
{more}
target = "{target}"
"""


class Storage:
    """A real S3 server on this machine that keeps every version of every object."""

    def __init__(self, port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "ours", "AWS_SECRET_ACCESS_KEY": "ours too",
            "AWS_DEFAULT_REGION": "eu-central-1", "no_proxy": "127.0.0.1",
        }  # fmt: skip
        self.client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="ours", aws_secret_access_key="ours too", region_name="us-east-1"
        )

    def bucket(self, name: str) -> str:
        self.client.create_bucket(Bucket=name)
        self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def versions(self, bucket: str) -> list[str]:
        """The keys of all objects that were ever put, each as often as it was."""
        return [found["Key"] for found in self.client.list_object_versions(Bucket=bucket).get("Versions", [])]

    def content(self, bucket: str, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield Storage(server.get_host_and_port()[1])
    server.stop()


@pytest.fixture
def shop(small: SmallWorkspace) -> SmallWorkspace:
    for n in range(1_500):
        small.user(f"u{n:04}", score=1, email=f"u{n:04}@example.org", marketing_consent=True)
    return small


def _ready(shop: SmallWorkspace, name: str, target: str, more: str = "") -> Path:
    shop.app_settings = '[apps.shop.reach.email]\naddress = "email"\nconsent = ["marketing_consent"]\n'
    shop.settings = DUE.format(name=name, target=target, more=more)
    shop.app.save_rule("Ones", label("score") == 1)
    shop.close()
    return shop.folder


def _run(start: Start, folder: Path, environment: dict[str, str], fatal: str) -> int | None:
    child = start(export_due, folder, environment, fatal)
    child.join()
    return child.exitcode


def _points(full: bool, seed: str) -> list[str]:
    """All of them, or the one that matters most and another."""
    return POINTS if full else ["after deliver", Random(seed).choice(POINTS)]


def test_an_s3_storage_has_each_export_once_also_after_a_kill(
    shop: SmallWorkspace, storage: Storage, start: Start, full: bool
) -> None:
    folder = _ready(shop, "lists", "s3://kept/lists")
    settings = (folder / "segkit.toml").read_text()
    for number, fatal in enumerate(["", *_points(full, "s3")]):
        bucket, name = storage.bucket(f"kept-{number}"), f"lists-{number}"
        changed = settings.replace("s3://kept/", f"s3://{bucket}/").replace('"lists"', f'"{name}"')
        (folder / "segkit.toml").write_text(changed)
        if fatal:
            assert _run(start, folder, storage.environment, fatal) == -signal.SIGKILL
        assert _run(start, folder, storage.environment, "") == 0
        key = f"lists/shop-{name}-2024-11-07.zip"
        assert storage.versions(bucket) == [key], fatal
        assert storage.content(bucket, key) == (folder / "exports" / f"shop-{name}-2024-11-07.zip").read_bytes()


def test_the_command_says_where_it_wrote_and_nothing_else(
    small: SmallWorkspace, storage: Storage, segkit_process: Callable[..., Any]
) -> None:
    small.user("ana", score=1)
    small.app.save_rule("Ones", label("score") == 1)
    small.close()
    target = f"s3://{storage.bucket('by-hand')}/lists"
    words = ("export", "Ones", "-w", small.folder, "--target", target)
    (said,) = segkit_process(*words, env={**os.environ, **storage.environment}).stderr.splitlines()
    (key,) = storage.versions("by-hand")
    assert said == f"Wrote {small.folder / 'exports' / Path(key).name}: Ones 1"


def test_a_webhook_gets_each_batch_under_one_key_and_again_only_where_nobody_wrote_down_that_it_arrived(
    shop: SmallWorkspace, start: Start, full: bool
) -> None:
    with http_receiver() as received:
        folder = _ready(shop, "lists", received.url, 'profile = "webhook"')
        settings = (folder / "segkit.toml").read_text()
        for number, fatal in enumerate(["", *_points(full, "webhook")]):
            (folder / "segkit.toml").write_text(settings.replace('"lists"', f'"lists-{number}"'))
            received.requests.clear()
            received.contents.clear()
            environment = {"SEGKIT_WEBHOOK_SECRET": "between us", "no_proxy": "127.0.0.1"}
            if fatal:
                assert _run(start, folder, environment, fatal) == -signal.SIGKILL
            assert _run(start, folder, environment, "") == 0
            times = 2 if fatal in ("after deliver", "before sent") else 1
            assert sorted(Counter(received.keys).values()) == [times] * 3, fatal  # 1,000 users, 500, the manifest
            by_key = dict(zip(received.keys, received.contents, strict=True))
            *batches, manifest = by_key.values()
            uids = [json.loads(line)["uid"] for batch in batches for line in batch.splitlines()]
            assert sorted(uids) == [f"u{n:04}" for n in range(1_500)]
            assert json.loads(manifest)["segments"][0]["rows"] == 1_500
