"""The oracle of `tests/peers.rs` against the SQL of the DuckDB peer, on histories that the oracle's generator made."""

import json
import subprocess

import duckdb
import duckdb_peer
import pytest


@pytest.mark.parametrize("seed", [7, 8])
def test_the_oracle_and_the_sql_of_the_peer_agree(built, tmp_path, seed):
    path = tmp_path / "orders.parquet"
    words = [built / "peers-sample", path, "2000", "40000", str(seed)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    oracle = json.loads(done.stdout)["figures"]

    source = duckdb_peer.SOURCES["raw"].format(path=path, history="")
    row = duckdb.execute(duckdb_peer.FIGURES.format(source=source)).fetchone()
    assert [int(value) for value in row] == oracle
    assert oracle[0] > 1_500 and oracle[3] > 100
