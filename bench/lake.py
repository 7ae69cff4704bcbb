"""Which Parquet files of a store hold now, read from its manifests as `docs/lake.md` describes them.

`runs/00001.json` and its successors name files by table. Of `history`, `waiting` and `states` a manifest names all
files that hold after its run; of the other tables those that the run added.
"""

import json
import pathlib

WHOLE = {"history", "waiting", "states"}


def manifests(store):
    """The manifests of a store, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(pathlib.Path(store, "runs").glob("*.json"))]


def files(store, table):
    """Paths of a table's files."""
    runs = manifests(store)
    if table in WHOLE:
        runs = runs[-1:]
    return [str(pathlib.Path(store, file["name"])) for run in runs for file in run["files"].get(table, [])]


def relation(store, table):
    """The table as something that DuckDB selects from."""
    paths = ", ".join(f"'{path}'" for path in files(store, table))
    return f"read_parquet([{paths}], union_by_name = true)"
