"""Files: bytes with a name, digests, versions and a verdict."""
