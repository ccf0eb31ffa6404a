"""Turns rows into the archive dialect's wire shapes and bodies into drafts."""
