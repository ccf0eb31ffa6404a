"""The domain: what exists in the archive, what is allowed, and what happens next."""
