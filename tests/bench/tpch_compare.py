#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the queries of TPC-H in topgun-cli, the sqlite3 module and, where installed, duckdb.

Usage: tpch_compare.py TOPGUN_CLI [SCALE [RUNS]]

All three run the texts of testdata/tpch on the same rows. The columns are medians in milliseconds:
topgun-cli from the start of a process for each query to its end; topgun-cli for the query alone in one
session that has run all queries before; SQLite (typed tables, indexes on keys, a file of its own) and
DuckDB (a file of its own, its default number of threads) for the query alone, after a run of it.
"""
import csv
import importlib.util
import pathlib
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

QUERIES = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "tpch"
TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]
INDEXES = ["region(r_regionkey)", "nation(n_nationkey)", "supplier(s_suppkey)",
           "customer(c_custkey)", "part(p_partkey)", "partsupp(ps_partkey, ps_suppkey)",
           "partsupp(ps_suppkey)", "orders(o_orderkey)", "orders(o_custkey)",
           "lineitem(l_orderkey, l_linenumber)", "lineitem(l_partkey, l_suppkey)"]
REALS = ("acctbal", "price", "discount", "tax", "cost")
INTEGERS = ("key", "quantity", "linenumber", "size", "availqty", "shippriority")


def type_of(column):
    """The type of a column, by the ending of its name."""
    if column.endswith(REALS):
        return "DOUBLE"
    return "BIGINT" if column.endswith(INTEGERS) else "VARCHAR"


def median_ms(work, runs):
    """Median time of so many calls, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def export(program, snapshot, folder):
    """Writes each map as CSV without the record's key; returns the columns of each."""
    columns = {}
    for table in TABLES:
        head = subprocess.run([program, "sql", snapshot, "--output", "csv", "-c",
                               f"SELECT * FROM {table} LIMIT 1"],
                              check=True, capture_output=True, text=True).stdout
        names = [n for n in head.splitlines()[0].split(",") if not n.startswith("_")]
        columns[table] = names
        with open(folder / f"{table}.csv", "w", encoding="utf-8") as out:
            subprocess.run([program, "sql", snapshot, "--output", "csv", "-c",
                            f"SELECT {', '.join(names)} FROM {table}"], check=True, stdout=out)
    return columns


def declaration(names):
    return ", ".join(f"{name} {type_of(name)}" for name in names)


def make_sqlite(folder, columns):
    database = sqlite3.connect(folder / "tpch.sqlite")
    database.execute("PRAGMA case_sensitive_like = ON")
    for table, names in columns.items():
        database.execute(f"CREATE TABLE {table} ({declaration(names)})")
        marks = ", ".join("?" * len(names))
        with open(folder / f"{table}.csv", encoding="utf-8", newline="") as rows:
            lines = csv.reader(rows)
            next(lines)
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", lines)
    for number, index in enumerate(INDEXES):
        database.execute(f"CREATE INDEX i{number} ON {index}")
    database.commit()
    database.execute("ANALYZE")
    return database


def make_duckdb(folder, columns):
    if importlib.util.find_spec("duckdb") is None:
        return None
    import duckdb
    database = duckdb.connect(str(folder / "tpch.duckdb"))
    for table, names in columns.items():
        database.execute(f"CREATE TABLE {table} ({declaration(names)})")
        database.execute(f"COPY {table} FROM '{folder / table}.csv' (HEADER)")
    return database


def session_ms(program, snapshot, paths, runs):
    """Median time of each query in one session, after two rounds of all that are not counted."""
    arguments = [program, "sql", snapshot, "--timer"]
    for _ in range(runs + 2):
        for path in paths:
            arguments += ["-f", str(path)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    times = [float(ms) for ms in re.findall(r"^Time: ([0-9.]+) ms", done.stderr, re.MULTILINE)]
    assert len(times) == (runs + 2) * len(paths), "each file holds one statement"
    return [statistics.median(times[2 * len(paths) + i::len(paths)]) for i in range(len(paths))]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    scale = sys.argv[2] if len(sys.argv) > 2 else "0.1"
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        snapshot = str(folder / "tpch.tgs")
        subprocess.run([program, "generate", "-q", "--tpch", scale, "-o", snapshot], check=True)
        columns = export(program, snapshot, folder)
        sqlite = make_sqlite(folder, columns)
        duck = make_duckdb(folder, columns)
        paths = sorted(QUERIES.glob("q*.sql"))
        print(f"{'query':6} {'process':>9} {'session':>9} {'sqlite':>9} {'duckdb':>9}")
        totals = [0.0] * 4
        for path, session in zip(paths, session_ms(program, snapshot, paths, runs)):
            text = path.read_text(encoding="utf-8")
            times = [
                median_ms(lambda p=path: subprocess.run(
                    [program, "sql", snapshot, "-f", str(p)], check=True, capture_output=True), runs),
                session,
                median_ms(lambda t=text: sqlite.execute(t).fetchall(), runs),
                median_ms(lambda t=text: duck.execute(t).fetchall(), runs) if duck else 0.0]
            totals = [total + one for total, one in zip(totals, times)]
            print(f"{path.stem:6} " + " ".join(f"{one:9.1f}" for one in times), flush=True)
        print(f"{'all':6} " + " ".join(f"{one:9.1f}" for one in totals))
        if not duck:
            print("duckdb is not installed for this python3: its column is empty")


if __name__ == "__main__":
    main()
