"""Sample sheets for pipelines of nf-core: what each pipeline takes, and the runs of the archive as its rows."""
