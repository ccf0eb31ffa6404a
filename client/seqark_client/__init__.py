"""The client library: speaks HTTP to any SeqArk server and imports nothing of the service."""

from seqark_client.client import Client
from seqark_client.errors import ApiError, SeqarkError

__all__ = ["ApiError", "Client", "SeqarkError"]
