"""The client library: speaks HTTP to any SeqArk server and imports nothing of the service."""
