"""Documents the headers that requests may depend on: entity tags and idempotency keys."""

from __future__ import annotations

from typing import Any

_RECORDS = {"projects", "subjects", "samples", "experiments", "runs"}
_MOVES = {"release", "suppress", "restore", "replace", "withdraw"}
_CREATIONS = {*(f"/{plural}" for plural in _RECORDS), "/bulk-submit/confirm", "/samples/bulk"}
_CREATIONS |= {"/staging/initiate", "/upload/initiate"}
_TEXT = {"type": "string"}
_TAG = {"description": "The version of the answer, which every change renews.", "schema": _TEXT}
ETAG = {"ETag": _TAG}
_REPLAYED = {
    "Idempotency-Replayed": {"description": "`true` where an idempotency key was sent before.", "schema": _TEXT}
}


def add_headers(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add the headers of one operation, with the answers that they bring about."""
    parts = path.strip("/").split("/")
    on_record = parts[0] in _RECORDS and len(parts) > 1 and parts[1].startswith("{accession")
    if method == "get" and on_record and len(parts) == 2:
        _add(operation, _none_match())
        operation["responses"]["304"] = {"description": "The answer that the tag names still holds.", "headers": ETAG}
    if on_record and _changes(method, parts[2:]):
        _add(operation, _match())
    if method == "post" and path.rstrip("/") in _CREATIONS:
        _add(operation, _key())
        for status in {"200", "201"} & operation["responses"].keys():
            operation["responses"][status].setdefault("headers", {})
            operation["responses"][status]["headers"] = {**operation["responses"][status]["headers"], **_REPLAYED}


def _changes(method: str, rest: list[str]) -> bool:
    """Whether a call on a record heeds `If-Match`."""
    whole = not rest and method in {"patch", "delete"}
    return (
        whole or (method == "put" and rest == ["file"]) or (method == "post" and len(rest) == 1 and rest[0] in _MOVES)
    )


def _add(operation: dict[str, Any], parameter: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).append({"in": "header", "required": False, **parameter})


def _match() -> dict[str, Any]:
    told = "Change the record only while one of these tags is its own; `*`: whatever it is. 412 otherwise."
    return {"name": "If-Match", "description": told, "schema": _TEXT, "example": '"3-1f0c5a9be2d4"'}


def _none_match() -> dict[str, Any]:
    told = "Answer 304 without a body where one of these tags is the answer's own."
    return {"name": "If-None-Match", "description": told, "schema": _TEXT, "example": '"3-1f0c5a9be2d4"'}


def _key() -> dict[str, Any]:
    told = (
        "Names the request: the same one again within 24 hours makes nothing and answers the same status, with the "
        "record as it is by then; another request with the key is 422 `idempotency_key_reused`."
    )
    schema = {**_TEXT, "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"}
    return {"name": "Idempotency-Key", "description": told, "schema": schema, "example": "9f0e6d5c-upload-17"}
