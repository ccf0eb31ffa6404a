"""Puts pages and data of the QC tools into the object store, one version of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from accession.files.store import BlobStore

PAGE = "text/html; charset=utf-8"
DATA = "application/octet-stream"


async def keep_object(store: BlobStore, key: str, path: Path, content_type: str) -> None:
    """Store a file in the place of an earlier one.

    Only versions older than this one are removed, so that of two jobs that do the same the later one's stays.
    """
    stored = await store.put_file(key, path, content_type=content_type)
    versions = [found.version_id for found in await store.versions(key)]
    if stored.version_id in versions:
        for older in versions[versions.index(stored.version_id) + 1 :]:
            await store.delete(key, older)
