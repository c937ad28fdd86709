"""Taking from this process what a page's kernel does not need: files but those of Python, and connections.

Landlock is a part of the Linux kernel by which a process gives up rights for good, itself and all that it starts;
numbers and structures are those of `linux/landlock.h` (documented in `landlock(7)`).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # a flag of create_ruleset: tells the newest ABI
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL_OF_FIRST_ABI = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # ABI 2, 3, 5
#: The first ABI that keeps a process from connecting.
OF_CONNECTIONS = 4
_CONNECT_TCP = 1 << 1
_SCOPES = 0b11  # ABI 6: abstract sockets and signals of processes outside
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR


def landlock_version() -> int:
    """The ABI that this machine's kernel has; 0 for none."""
    if platform.system() != "Linux":
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION, check=False))


def confine(readable: Iterable[Path], writable: Iterable[Path], ports: Iterable[int]) -> None:
    """Lets this process and what it starts read only below `readable`, write only below `writable`, and connect by TCP
    only to `ports`. Paths that are not there are left out. Raises OSError where Landlock is missing or refuses."""
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    files = _ALL_OF_FIRST_ABI
    files |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0) | (_IOCTL_DEV if version >= 5 else 0)
    attributes = struct.pack("=Q", files)
    if version >= OF_CONNECTIONS:
        attributes += struct.pack("=Q", _CONNECT_TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    ruleset = _syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READING)
        for path in writable:
            _allow(ruleset, path, files & ~_EXECUTE)
        if version >= OF_CONNECTIONS:
            for port in ports:
                _syscall(_ADD_RULE, ruleset, _NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
        if _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        _syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        held = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        access &= -1 if path.is_dir() else _ON_FILES
        _syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, held), 0)
    finally:
        os.close(held)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object, check: bool = True) -> int:
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    found = int(_libc().syscall(ctypes.c_long(number), *words))
    if found < 0 and check:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return found
