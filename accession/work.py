"""The names of background work, as units and the queue speak of it."""

from __future__ import annotations

from enum import StrEnum


class Work(StrEnum):
    """What a worker can be asked to do; the comment says what the key is."""

    VALIDATE_FILE = "validate_file"  # the file's id
    MEASURE_FILE = "measure_file"  # the file's id
    PROJECT_REPORT = "project_report"  # the project's id
    RUN_REPORT = "run_report"  # the id of a run's file
    REMOVE_OBJECT = "remove_object"  # a key of the object store
    SEND_MAIL = "send_mail"  # the letter's id in the outbox
    SWEEP = "sweep"  # nothing


FIRST = (
    Work.SEND_MAIL,
    Work.REMOVE_OBJECT,
    Work.VALIDATE_FILE,
    Work.RUN_REPORT,
    Work.PROJECT_REPORT,
    Work.MEASURE_FILE,
    Work.SWEEP,
)
"""All work in the order in which it is taken when much waits: what somebody waits for comes first."""
