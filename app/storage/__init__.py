"""The object store: any S3 by its address, or the one that starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.settings import Settings
    from app.storage.s3 import S3Store


def open_store(settings: Settings) -> S3Store | None:
    """The client of the store that the settings name, or None where there is none.

    For the embedded store it speaks to this machine with the keys kept below the data folder; the process that
    supervises the store need not have started it yet.
    """
    if settings.s3_endpoint == "none":
        return None
    from app.storage.keys import store_keys  # noqa: PLC0415  # a service without a store loads no client
    from app.storage.s3 import S3Store  # noqa: PLC0415

    endpoint, access_key, secret_key = settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key
    if endpoint == "embedded":
        keys = store_keys(settings.data_dir)
        endpoint, access_key, secret_key = inner_url(settings.host, settings.s3_port), keys.access_key, keys.secret_key
    return S3Store(
        endpoint,
        access_key=access_key,
        secret_key=secret_key,
        bucket=settings.s3_bucket,
        public_url=settings.store_public_url,
        region=settings.s3_region,
    )


def inner_url(host: str, port: int) -> str:
    """Where this machine reaches an embedded store that faces `host`: always over loopback."""
    if host == "::":
        return f"http://[::1]:{port}"
    return f"http://127.0.0.1:{port}"
