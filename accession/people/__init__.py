"""People: accounts, organisations, tokens, and who may see and do what."""
