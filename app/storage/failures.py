"""Tells in the domain's words what went wrong between the service and its object store."""

from __future__ import annotations

from accession.errors import Conflict, DomainError, NotFound, StoreUnavailable

SILENT = "The object store does not answer; try again in a minute."
CUT_SHORT = "The object store ended its answer too early; try again."
_ABSENT = {"NoSuchKey", "NoSuchVersion", "NoSuchObject", "NoSuchUpload", "ResourceNotFound", "MethodNotAllowed"}
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"}
_BAD_PARTS = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"}


class OutOfRange(DomainError):
    """The object ends before the bytes that were asked for."""

    code = "out_of_range"


def unversioned(bucket: str) -> str:
    """The sentence about a bucket in which a later write would destroy the bytes that were checked."""
    return (
        f"The bucket {bucket} is not versioned and the store refuses to version it; "
        "SeqArk needs versioning: turn it on, or name another store."
    )


def failure(code: str, text: str) -> DomainError:
    """The error for an S3 error code; empty when there was no answer that could be read.

    A lost bucket is no `NotFound`: nobody may conclude that an object is gone.
    """
    if code in _ABSENT:
        return NotFound("The object is not in the store.")
    if code in _BAD_PARTS:
        return Conflict("A part of the upload is absent or differs from what was announced; send it again.")
    if code == "InvalidRange":
        return OutOfRange("The object ends before the bytes that were asked for.")
    if code in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
        return Conflict("The bucket exists already.")
    if code in _REFUSED:
        return StoreUnavailable("The object store refuses the service's keys; an administrator has to set them right.")
    if code == "NoSuchBucket":
        return StoreUnavailable("The object store has lost the archive's bucket; an administrator has to look at it.")
    return StoreUnavailable(f"The object store could not do that ({code or text}); try again in a minute.")
