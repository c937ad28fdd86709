"""What a night tells, whom, and that each message is sent once: to a real server, at a clock that is told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest

from segkit.api import Workspace
from segkit.api.doctor import examine
from segkit.errors import Busy, DataProblem
from segkit.files.locks import Lock
from segkit.operations.sending import TRIES, Sending, pause_after, send_waiting
from segkit.store.outbox import NewMessage
from tests.operations.making import Clock, night, opened, segment
from tests.operations.receivers import Received
from tests.small_workspace import SmallWorkspace


def test_a_night_is_told_in_counts_with_a_text_for_people(notified: Workspace, receiver: Received) -> None:
    exports = [{"app": "shop", "name": "crm", "status": "made", "file": "exports/a.zip", "segments": 2, "rows": 1040}]
    night(notified, segment("Germans", 1040, 1000), segment("New", 7), segment("Same", 5, 5), exports=exports)
    [(path, headers, body)] = receiver.requests
    assert path == "/hooks/s3cr3t-token"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    key = headers["Idempotency-Key"]
    assert len(key) == 32
    assert body == {
        "segkit": 1,
        "id": key,
        "subject": "segkit: the night of 2024-11-07 is done",
        "text": "segkit: the night of 2024-11-07 is done\n"
        "shop: 100 users, 3 segments published\n"
        "shop: ‘Germans’ 1,040 (+40)\n"
        "shop: ‘New’ 7 (new)\n"
        "shop: export crm, 2 segments, 1,040 rows",
        "outcome": "done",
        "exit_code": 0,
        "date": "2024-11-07",
        "as_of": {"shop": "2024-11-07"},
        "counts": {"shop": {"users": 100, "published": 3, "up_to_date": 0, "held": 0, "failed": 0}},
        "problems": [],
        "other_problems": 0,
        "gates": [],
        "changes": [
            {"app": "shop", "id": "sg_Germans", "name": "Germans", "count": 1040, "before": 1000, "change": 40},
            {"app": "shop", "id": "sg_New", "name": "New", "count": 7, "before": None, "change": None},
        ],
        "exports": [{"app": "shop", "name": "crm", "segments": 2, "rows": 1040}],
    }


def test_no_reason_of_a_night_is_told_for_it_may_name_somebody(notified: Workspace, receiver: Received) -> None:
    held = segment("Germans", None, 38, status="held", reason="ana@example.org is out")
    gate = {"app": "shop", "gate": "size", "holds": "Germans", "sentence": "ana@example.org", "accepted": False}
    night(
        notified,
        held,
        held=["shop: ‘Germans’ held: ana@example.org is out"],
        failed=["shop: load: ana@example.org.csv is not there"],
        gates=[gate],
    )
    with pytest.raises(DataProblem):
        night(notified, error=DataProblem("ana@example.org.csv: line 3"))
    first, second = receiver.bodies
    assert "ana@example.org" not in json.dumps([first, second])
    assert first["problems"] == [{"app": "shop", "id": "sg_Germans", "name": "Germans", "status": "held"}]
    assert (first["other_problems"], first["gates"]) == (1, [{"app": "shop", "gate": "size"}])
    assert first["text"].splitlines()[2:] == [
        "shop: ‘Germans’ held",
        "shop: gate size",
        "Other problems: 1",
        "Why: runs/2024-11-07/run.json in the workspace",
    ]
    assert second["text"].splitlines() == [
        "segkit: the night of 2024-11-07 failed; what was published before is still served",
        "Other problems: 1",
        "Why: runs/2024-11-07/run.json in the workspace",
    ]


def test_a_night_run_again_is_told_once_unless_something_else_came_of_it(
    notified: Workspace, receiver: Received
) -> None:
    for _ in range(2):
        night(notified, segment("Germans", 40), failed=["shop: export: the disk is full"])
    night(notified, segment("Germans", 40))
    night(notified, segment("Germans", 41))
    held = segment("Germans", None, status="held")
    night(notified, held, held=["shop: ‘Germans’ held: why"])
    night(notified, held, segment("Austrians", None, status="held"), held=["shop: …", "shop: …"])
    told = [(body["outcome"], len(body["problems"])) for body in receiver.bodies]
    assert told == [("partly", 0), ("done", 0), ("held", 1), ("held", 2)]
    assert len(set(receiver.keys)) == 4


def test_each_channel_is_told_when_it_wants_to_be(
    unloaded: SmallWorkspace, clock: Clock, receiver: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    whens = ("always", "problems", "changes")
    for when in whens:
        monkeypatch.setenv(f"HOOK_{when}", f"{receiver.url}/{when}")
    unloaded.settings = "\n".join(
        f'[[notifications]]\nname = "{when}"\nkind = "webhook"\nurl_env = "HOOK_{when}"\nwhen = "{when}"'
        for when in whens
    )
    unloaded.write()
    workspace = opened(unloaded.folder, clock)

    def told() -> set[str]:
        paths = {path.removeprefix("/") for path, _, _ in receiver.requests}
        receiver.requests.clear()
        return paths

    night(workspace, segment("Same", 5, 5, status="up to date"))
    assert told() == {"always"}
    for day in workspace.night().dates.values():
        night(workspace, segment("More", 6, 5), as_of=day + timedelta(days=1))
        assert told() == {"always", "changes"}
        night(workspace, segment("Bad", None, 5, status="failed"), as_of=day + timedelta(days=2), failed=["shop: …"])
        assert told() == {"always", "changes", "problems"}
        accepted = {"app": "shop", "gate": "size", "accepted": True}
        night(workspace, segment("Same", 5, 5), as_of=day + timedelta(days=3), gates=[accepted])
        assert told() == {"always"}


def test_what_does_not_arrive_is_told_and_tried_again_with_the_same_key_and_ever_longer_pauses(
    notified: Workspace, receiver: Received, clock: Clock
) -> None:
    receiver.answers = [500, 503, 200]
    done = night(notified, segment("Germans", 40))
    words = "notification ‘ops’ was not delivered: the address answered 500; `segkit notify` tries again"
    assert done.failed == [words]
    assert send_waiting(notified) == Sending(0, 1, 0)  # it is not time yet
    clock.on(seconds=60)
    assert send_waiting(notified).problems[0].startswith("‘ops’ was not delivered: the address answered 503")
    clock.on(seconds=119)
    assert send_waiting(notified) == Sending(0, 1, 0)
    clock.on(seconds=1)
    assert send_waiting(notified) == Sending(1, 0, 0)
    assert send_waiting(notified, again=True) == Sending()
    assert len(receiver.keys) == 3
    assert len(set(receiver.keys)) == 1


def test_a_message_is_given_up_after_so_many_tries_and_tried_again_when_asked(
    notified: Workspace, receiver: Received, clock: Clock
) -> None:
    receiver.answers = [500]
    night(notified)
    for number in range(1, TRIES):
        clock.on(seconds=pause_after(number).total_seconds())
        last = send_waiting(notified)
    assert (last.waiting, last.given_up) == (0, 1)
    assert "it is given up; `segkit notify --again`" in last.problems[0]
    clock.on(days=30)
    assert send_waiting(notified) == Sending(0, 0, 1)
    assert len(receiver.requests) == TRIES == 12
    receiver.answers = [204]
    assert send_waiting(notified, again=True) == Sending(1, 0, 0)


def test_an_attempt_that_a_crash_cut_off_is_made_again_at_once_with_the_same_key(
    notified: Workspace, receiver: Received, clock: Clock
) -> None:
    outbox = notified.catalog.outbox
    outbox.put([NewMessage("k" * 32, "ops", "subject", {"text": "x"})], clock())
    [message] = outbox.unsent()
    outbox.begin(message, clock())  # and then it died
    assert outbox.unsent()[0].was_cut_off
    assert send_waiting(notified) == Sending(1, 0, 0)
    assert receiver.keys == ["k" * 32]
    assert outbox.messages()[0].attempts == 2


def test_who_sends_is_alone_and_a_night_leaves_it_to_him(
    notified: Workspace, receiver: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segkit.operations.sending._WAIT", 0.0)
    with Lock(notified.folder / "locks" / "notify.lock", "sending notifications"):
        done = night(notified)
        assert (done.failed, receiver.requests) == ([], [])
        with pytest.raises(Busy, match="sending notifications"):
            send_waiting(notified)
    assert send_waiting(notified).delivered == 1


def test_no_secret_is_in_what_is_kept_or_told_of_a_failure(
    notified: Workspace, receiver: Received, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    told = []
    for url, expected in (
        ("http://127.0.0.1:1/s3cr3t-token", "the address could not be reached (ConnectionRefusedError: "),
        ("file:///etc/s3cr3t-token", "what OPS_WEBHOOK holds is no http or https address"),
        ("http://s3cr3t-token:x@127.0.0.1/", "InvalidURL"),
        ("http://[s3cr3t-token/", "ValueError"),
        ("", "the environment variable OPS_WEBHOOK is not set"),
    ):
        monkeypatch.setenv("OPS_WEBHOOK", url)
        done = night(notified, as_of=clock().date())
        told += done.failed
        clock.on(days=1)
        assert [reason for reason in done.failed if expected in reason] != []
    told += [str(message.last_error) for message in notified.catalog.outbox.messages()]
    assert "s3cr3t" not in "".join(told)
    everything = b"".join(path.read_bytes() for path in notified.folder.rglob("*") if path.is_file())
    assert b"s3cr3t" not in everything


def test_a_redirect_is_a_failure_and_nothing_is_sent_elsewhere(notified: Workspace, receiver: Received) -> None:
    for code in (301, 302, 303, 307, 308):
        receiver.answers = [code]
        receiver.requests.clear()
        send_waiting(notified, again=True)
        night(notified, as_of=None, failed=["shop: x"] * code)
        assert {path for path, _, _ in receiver.requests} == {"/hooks/s3cr3t-token"}
    assert len(notified.catalog.outbox.unsent()) == 5


def test_a_channel_that_was_taken_out_of_the_settings_is_told(notified: Workspace, clock: Clock) -> None:
    notified.catalog.outbox.put([NewMessage("k", "gone", "subject", {"text": "x"})], clock())
    assert "segkit.toml has no such notification any more" in send_waiting(notified).problems[0]


def test_a_catalog_that_cannot_be_read_is_told_beside_the_error_that_ended_the_night(
    notified: Workspace, receiver: Received
) -> None:
    notified.close()
    (notified.folder / "catalog.sqlite").unlink(missing_ok=True)
    (notified.folder / "catalog.sqlite").mkdir()
    with pytest.raises(DataProblem) as told:
        night(notified, error=DataProblem("no data"))
    assert any(note.startswith("the notifications could not be made: ") for note in told.value.__notes__)
    assert receiver.requests == []


def test_the_doctor_tells_what_did_not_arrive_and_what_was_given_up(
    notified: Workspace, receiver: Received, clock: Clock
) -> None:
    def told() -> list[tuple[str, str, str]]:
        found = [f for f in examine(notified) if f.where.startswith("notifications")]
        return [(finding.severity, finding.where, finding.what) for finding in found]

    receiver.answers = [500]
    night(notified)
    assert told() == [
        ("warning", "notifications, ops", "1 message was tried and did not arrive; the last: the address answered 500")
    ]
    for number in range(1, TRIES):
        clock.on(seconds=pause_after(number).total_seconds())
        send_waiting(notified)
    assert told() == [("warning", "notifications, ops", "1 message was given up; the last: the address answered 500")]
    receiver.answers = [200]
    send_waiting(notified, again=True)
    assert told() == []


def test_the_command_sends_what_waits_and_ends_with_5_if_something_did_not_arrive(
    notified: Workspace, receiver: Received, clock: Clock, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    receiver.answers = [500, 500, 200]
    night(notified)
    done = run_segkit("notify", "--again", "-w", notified.folder, code=5)
    assert "0 delivered, 1 waiting, 0 given up" in done.stderr
    assert "‘ops’ was not delivered: the address answered 500" in done.stderr
    done = run_segkit("notify", "--again", "--json", "-w", notified.folder)
    assert json.loads(done.stdout) == {"delivered": 1, "waiting": 0, "given_up": 0, "problems": []}


def test_a_test_message_goes_to_every_channel_and_is_not_kept(
    notified: Workspace, receiver: Received, run_segkit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert run_segkit("notify", "--test", "-w", notified.folder).stderr == "‘ops’: delivered\n"
    [body] = receiver.bodies
    assert (body["outcome"], body["text"]) == ("test", "segkit: a test message; no night ended")
    receiver.answers = [404]
    done = run_segkit("notify", "--test", "-w", notified.folder, code=5)
    assert "‘ops’: the address answered 404" in done.stderr
    assert notified.catalog.outbox.messages() == ()
