"""How logs look: one line a fact, plain tracebacks.

structlog's own default prints every local variable of every frame: seconds of CPU for one failed request, and secrets in the log.
"""

import structlog


def configure() -> None:
    """For every process of the service; may be repeated."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
