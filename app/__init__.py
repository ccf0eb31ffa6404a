"""The service: settings, database, storage, jobs, dialects and the command line."""
