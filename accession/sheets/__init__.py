"""Bulk submission: reading sample sheets, checking them as a whole, and making templates for them."""
