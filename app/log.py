"""Structured logs: one JSON object a line for machines, coloured lines for people at a terminal."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

if TYPE_CHECKING:
    from app.settings import Settings

_encode = msgspec.json.Encoder(enc_hook=str).encode


def set_up_logging(settings: Settings, process: str) -> None:
    """Send everything, the standard library's records among it, to standard error; `process` is named in each line."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not text:
        shared.append(structlog.processors.format_exc_info)
    renderer: Any = _for_people() if text else structlog.processors.JSONRenderer(serializer=_json)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    names: list[Any] = [*shared[:1], structlog.stdlib.add_logger_name, *shared[1:]]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=names,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("httpx", "httpcore", "aiosqlite", "urllib3", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    structlog.contextvars.bind_contextvars(process=process)


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines for a terminal. Tracebacks are plain: those with local variables take seconds, and tell secrets."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _json(event: dict[str, Any], **_: object) -> str:
    return _encode(event).decode()
