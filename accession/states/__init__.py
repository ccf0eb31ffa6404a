"""States: releasing, suppressing, restoring, replacing, withdrawing, removing and purging records."""
