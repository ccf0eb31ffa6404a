"""What the demo is made of: a server of its own, the steps through the archive, and how they are shown."""
