"""Mails to a real mail server and messages to real programs; what is said when they do not arrive."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from segkit.api import Workspace
from segkit.operations.sending import Sending, send_waiting
from tests.operations.making import Clock, night, opened, segment
from tests.small_workspace import SmallWorkspace


class Mailbox:
    """Keeps what arrives; answers each mail and recipient as it is told to."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage]] = []
        self.answers: list[str] = []
        self.refused: set[str] = set()
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 no such mailbox, s3cr3t"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            letter = message_from_bytes(envelope.content or b"", policy=policy.default)
            self.letters.append((envelope.mail_from or "", envelope.rcpt_tos, letter))
        return answer


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    """A mail server on a free port of 127.0.0.1."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0, **options)
    look_whether_it_answers = controller._trigger_server

    def on_its_port() -> None:
        controller.port = mailbox.port = controller.server.sockets[0].getsockname()[1]
        look_whether_it_answers()

    controller._trigger_server = on_its_port
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def mailing(unloaded: SmallWorkspace, clock: Clock, port: int, more: str = "starttls = false") -> Workspace:
    unloaded.settings = f"""[[notifications]]
name = "team"
kind = "smtp"
host = "127.0.0.1"
port = {port}
from = "segkit@example.org"
to = ["ops@example.org", "crm@example.org"]
{more}"""
    unloaded.write()
    return opened(unloaded.folder, clock)


def test_a_mail_says_what_the_night_did(unloaded: SmallWorkspace, clock: Clock) -> None:
    with mail_server() as mailbox:
        done = night(mailing(unloaded, clock, mailbox.port), segment("Größe > 5", 1040, 1000))
    assert done.failed == []
    [(sender, recipients, letter)] = mailbox.letters
    assert (sender, recipients) == ("segkit@example.org", ["ops@example.org", "crm@example.org"])
    assert letter["Subject"] == "segkit: the night of 2024-11-07 is done"
    assert letter["From"] == "segkit@example.org"
    assert letter["To"] == "ops@example.org, crm@example.org"
    assert letter["Date"] == "Thu, 07 Nov 2024 02:30:00 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().splitlines() == [
        "segkit: the night of 2024-11-07 is done",
        "shop: 100 users, 1 segment published",
        "shop: ‘Größe > 5’ 1,040 (+40)",
    ]


def test_a_mail_that_is_tried_again_is_the_same_mail(unloaded: SmallWorkspace, clock: Clock) -> None:
    with mail_server() as mailbox:
        workspace = mailing(unloaded, clock, mailbox.port)
        mailbox.answers = ["451 try later, s3cr3t"]
        assert night(workspace).failed == [
            "notification ‘team’ was not delivered: the mail server answered 451 (SMTPDataError); "
            "`segkit notify` tries again"
        ]
        clock.on(seconds=60)
        assert send_waiting(workspace) == Sending(1, 0, 0)
    [message] = workspace.catalog.outbox.messages()
    [(_, _, letter)] = mailbox.letters
    assert letter["Message-ID"] == f"<{message.key}@segkit.invalid>"
    assert letter["Date"] == "Thu, 07 Nov 2024 02:30:00 +0000"


def test_refused_recipients_are_told_by_their_number(unloaded: SmallWorkspace, clock: Clock) -> None:
    with mail_server() as mailbox:
        workspace = mailing(unloaded, clock, mailbox.port)
        mailbox.refused = {"ops@example.org", "crm@example.org"}
        [reason] = night(workspace).failed
        assert "the mail server refused every recipient (550)" in reason
        mailbox.refused = {"crm@example.org"}  # who takes it has it; nobody is sent it twice
        assert send_waiting(workspace, again=True) == Sending(1, 0, 0)
        assert [recipients for _, recipients, _ in mailbox.letters] == [["ops@example.org"]]


def test_nothing_is_sent_in_clear_where_starttls_is_asked_for(unloaded: SmallWorkspace, clock: Clock) -> None:
    with mail_server() as mailbox:
        [reason] = night(mailing(unloaded, clock, mailbox.port, "")).failed
        assert "the mail server does not offer what is asked for" in reason
        assert mailbox.letters == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody knows, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 -addext"
    command = ["openssl", *words.split(), "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]]
    subprocess.run([*map(str, command)], check=True, capture_output=True)
    return files


def test_a_password_goes_only_through_tls_to_a_server_that_is_who_it_says(
    unloaded: SmallWorkspace, clock: Clock, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    logins: list[tuple[bytes, bytes]] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cr3t", handled=False)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    options = {"tls_context": context, "authenticator": authenticate, "auth_required": True}
    with mail_server(**options) as mailbox:
        more = 'user_env = "MAIL_USER"\npassword_env = "MAIL_PASSWORD"'
        workspace = mailing(unloaded, clock, mailbox.port, more)
        [reason] = night(workspace).failed
        assert "SSLCertVerificationError" in reason
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert "MAIL_USER is not set" in send_waiting(workspace, again=True).problems[0]
        monkeypatch.setenv("MAIL_USER", "segkit")
        monkeypatch.setenv("MAIL_PASSWORD", "wrong-s3cr3t")
        [problem] = send_waiting(workspace, again=True).problems
        assert "the mail server answered 535 (SMTPAuthenticationError)" in problem
        assert "s3cr3t" not in problem
        monkeypatch.setenv("MAIL_PASSWORD", "s3cr3t")
        assert send_waiting(workspace, again=True) == Sending(1, 0, 0)
    assert logins[-1] == (b"segkit", b"s3cr3t")
    assert len(mailbox.letters) == 1


def commanding(unloaded: SmallWorkspace, clock: Clock, *words: str) -> Workspace:
    unloaded.settings = f'[[notifications]]\nname = "own"\nkind = "command"\ncommand = {json.dumps(list(words))}'
    unloaded.write()
    return opened(unloaded.folder, clock)


def test_a_program_is_given_the_message_and_its_key(unloaded: SmallWorkspace, clock: Clock, tmp_path: Path) -> None:
    code = "import os, sys; open(sys.argv[1], 'w').write(os.environ['SEGKIT_MESSAGE_ID'] + '\\n' + sys.stdin.read())"
    target = tmp_path / "with ; a space"
    workspace = commanding(unloaded, clock, sys.executable, "-c", code, str(target))
    assert night(workspace, segment("Größe", 1040, 1000)).failed == []
    key, _, content = target.read_text().partition("\n")
    body = json.loads(content)
    assert (body["id"], body["changes"][0]["name"]) == (key, "Größe")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sh", "-c", "echo s3cr3t >&2; exit 3"), "the command ended with 3"),
        (("no-such-program-s3cr3t",), "the command could not be started: No such file or directory"),
    ],
)
def test_a_program_that_fails_is_told_by_its_exit_code(
    words: tuple[str, ...], said: str, unloaded: SmallWorkspace, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    [reason] = night(commanding(unloaded, clock, *words)).failed
    assert reason == f"notification ‘own’ was not delivered: {said}; `segkit notify` tries again"
    assert "s3cr3t" not in "".join(capfd.readouterr())


def test_a_program_that_does_not_end_is_ended(
    unloaded: SmallWorkspace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segkit.operations.channels.COMMAND_TIMEOUT", 0.05)
    [reason] = night(commanding(unloaded, clock, "sleep", "600")).failed
    assert "the command took longer than" in reason
