"""Which answers of a server are asked for again, and after how long."""

from __future__ import annotations

#: HTTP status codes that say "not now"; 404 and 401 say "never".
RETRIED = (429, 500, 502, 503, 504)

#: Pauses in seconds before the second, third and fourth try.
BACKOFF = (1.0, 3.0, 9.0)
