"""The archive dialect's wire shapes, one file a resource."""
