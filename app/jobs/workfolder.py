"""Gives each job a folder below the data folder, removed with the job or, when its process died, by a later one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from accession.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from accession.files.store import BlobStore
    from app.settings import Settings

FOLDER = "work"
YOUNG = 60.0  # seconds in which a folder may not be locked yet
SPARE = 256 * 2**20  # bytes that a job leaves free on the disk


@contextmanager
def work_folder(settings: Settings) -> Iterator[Path]:
    """An empty folder that is the caller's alone; it is locked, so that others can tell that its owner lives."""
    folder = (settings.data_dir / FOLDER / uuid4().hex).absolute()
    folder.mkdir(parents=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned(settings: Settings) -> int:
    """Remove the folders of processes that died; returns how many there were."""
    removed = 0
    place = settings.data_dir / FOLDER
    for folder in place.iterdir() if place.is_dir() else ():
        with suppress(OSError):
            removed += _removed_if_abandoned(folder)
    return removed


async def fetch(store: BlobStore, key: str, path: Path, *, version_id: str | None, size: int) -> Path:
    """Copy one version of an object to `path`; `Unavailable` when the disk has not the room for its `size` bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    free = (await asyncio.to_thread(shutil.disk_usage, path.parent)).free
    if free < size + SPARE:
        raise Unavailable(f"A file of {size} bytes cannot be checked with {free} bytes free on the disk.")
    await store.fetch(key, path, version_id=version_id)
    return path


def _removed_if_abandoned(folder: Path) -> bool:
    if time.time() - folder.stat().st_mtime < YOUNG:
        return False
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
