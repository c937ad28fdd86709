"""Delivering one message to one channel of the settings: by HTTP, by SMTP, to a program.

Each carries the message's key, by which a receiver can tell a repetition. What is said of a failure holds no address,
no password and nothing that the other side answered but its number: it is kept, and shown.
"""

from __future__ import annotations

import json
import os
import smtplib
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from segkit.data.report_settings import Notification
from segkit.errors import SegkitError
from segkit.store.outbox import Message

TIMEOUT = 10.0  # seconds for an answer
COMMAND_TIMEOUT = 60.0


class NotDelivered(SegkitError):
    """A message did not arrive, or nobody knows; the next attempt has the same key."""


def deliver(channel: Notification, message: Message, folder: Path) -> None:
    """Delivers; a program runs in `folder`. Raises NotDelivered."""
    try:
        if channel.kind == "webhook":
            _post(channel, message)
        elif channel.kind == "smtp":
            _mail(channel, message)
        else:
            _run(channel, message, folder)
    except NotDelivered:
        raise
    except Exception as error:  # its words may hold an address or a password
        raise NotDelivered(_kind_of(error)) from None


def _kind_of(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    words = os.strerror(error.errno) if isinstance(error, OSError) and error.errno and error.errno > 0 else ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _secret(variable: str | None) -> str:
    value = os.environ.get(variable or "", "")
    if not value:
        raise NotDelivered(f"the environment variable {variable} is not set")
    return value


# --- by HTTP ---


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere would arrive there as a GET, or take its content to a stranger."""

    def redirect_request(self, *given: Any) -> None:
        return None


def _post(channel: Notification, message: Message) -> None:
    url = _secret(channel.url_env).strip()
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotDelivered(f"what {channel.url_env} holds is no http or https address")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.key,
        "User-Agent": "segkit",
    }
    request = urllib.request.Request(url, _json(message.body), headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
            answer.read(0)
    except urllib.error.HTTPError as error:
        error.close()
        raise NotDelivered(f"the address answered {error.code}") from None
    except urllib.error.URLError as error:
        reason = error.reason if isinstance(error.reason, Exception) else error
        raise NotDelivered(f"the address could not be reached ({_kind_of(reason)})") from None


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(body), ensure_ascii=False).encode("utf-8")


# --- by SMTP ---


def _mail(channel: Notification, message: Message) -> None:
    try:
        with smtplib.SMTP(channel.host or "", channel.port, timeout=TIMEOUT) as server:
            if channel.starttls:
                server.starttls(context=ssl.create_default_context())
            if channel.user_env is not None:
                server.login(_secret(channel.user_env), _secret(channel.password_env))
            server.send_message(_letter(channel, message))
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        raise NotDelivered(f"the mail server refused every recipient ({codes})") from None
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code} ({type(error).__name__})") from None
    except smtplib.SMTPNotSupportedError:
        raise NotDelivered("the mail server does not offer what is asked for: STARTTLS, or a login") from None


def _letter(channel: Notification, message: Message) -> EmailMessage:
    """Equal for every attempt, date and all."""
    letter = EmailMessage()
    letter["From"], letter["To"] = channel.sender, ", ".join(channel.to)
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(message.created_at)
    letter["Message-ID"] = f"<{message.key}@segkit.invalid>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(f"{message.body['text']}\n")
    return letter


# --- to a program ---


def _run(channel: Notification, message: Message, folder: Path) -> None:
    environment = {**os.environ, "SEGKIT_MESSAGE_ID": message.key}
    try:
        done = subprocess.run(
            list(channel.command),
            input=_json(message.body),
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotDelivered(f"the command took longer than {COMMAND_TIMEOUT:.0f} seconds") from None
    except OSError as error:
        raise NotDelivered(f"the command could not be started: {os.strerror(error.errno or 0)}") from None
    if done.returncode != 0:
        raise NotDelivered(f"the command ended with {done.returncode}")
