"""Background work: what is queued, and the processes that heavy work runs in."""
