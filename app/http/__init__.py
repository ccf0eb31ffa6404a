"""What all dialects share: dependencies, authentication, problems, paging, uploads and health."""
