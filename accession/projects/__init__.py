"""Projects: what belongs together, who owns it, and when it is released."""
