"""Runs in the program's container: restores to many moments, one after the other, and prints what each one holds.

Standard input: moments as the program takes them, in order. A later moment goes on from an earlier one.
"""

import itertools
import json
import sys
from dataclasses import replace

from mysql_k8s.agent.gtid import NOTHING
from mysql_k8s.backup import restore
from mysql_k8s.backup.engines import engine_of
from mysql_k8s.backup.settings import MYSQL_FOLDER, SETTINGS_FILE, Settings
from mysql_k8s.backup.targets import open_store


def main() -> None:
    settings = Settings.parse(SETTINGS_FILE.read_text())
    store = open_store(settings)
    folder = MYSQL_FOLDER / "moments"
    engine = engine_of(settings)
    scratch, held, numbers = None, NOTHING, itertools.count()
    for line in sys.stdin:
        found = restore.make_plan(replace(settings, until=line.strip()), store)
        if scratch is None:
            scratch = restore.start_on_base(engine, found, settings, store, folder)
            held = found.base.gtids
        for batch in restore.batches(found.segments):
            restore.apply(engine, scratch, folder, store, batch, f"batch{next(numbers)}", found.target - held)
        held = found.target
        restore.expect(engine, scratch, found.target, line)
        rows = scratch.rows("SELECT writer, k, v FROM app.t ORDER BY 1, 2")
        answer = [[row["writer"], row["k"], row["v"]] for row in rows]
        print(json.dumps({"moment": line.strip(), "gtids": str(found.target), "rows": answer}), flush=True)
    if scratch is not None:
        scratch.stop()


if __name__ == "__main__":
    main()
