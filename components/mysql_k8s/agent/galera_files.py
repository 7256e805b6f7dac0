"""What the agent and the run.sh of a Galera member tell each other through files in the run folder."""

from __future__ import annotations

from .galera import Data, parse_data
from .settings import RUN_FOLDER

PUBLISHED = RUN_FOLDER / "galera"
ORDER = RUN_FOLDER / "order"
NEW_ORDER = RUN_FOLDER / "order.new"
RECEIVED = RUN_FOLDER / "received"

JOIN, FOUND, FOUND_ANEW = "join", "found", "found-anew"


def read_data() -> Data | None:
    """What run.sh published; None while it looks at the data."""
    try:
        return parse_data(PUBLISHED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def read_received() -> int:
    """Bytes of a transfer of all data that have arrived; 0 if none has begun."""
    try:
        return 1024 * int(RECEIVED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def give_order(life: str, order: str, members: str = "", donors: str = "") -> None:
    """Have run.sh start mariadbd, if it still waits in this life. Whole or not at all. Raises OSError."""
    NEW_ORDER.write_text(f"{life} {order} {members} {donors}\n", encoding="utf-8")
    NEW_ORDER.replace(ORDER)
