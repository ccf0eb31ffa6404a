"""The archive dialect: the native REST API, mounted at `/api/v1`."""
