"""Reads Delta tables as delta-rs does, an implementation of the protocol that is not ours.

rows URL           all rows of the newest version, as JSON lines: the version, then one line per row
watch URL KEY…     reads again and again until standard input ends: per read one JSON line with the version, the number of
                   rows, and the number of distinct values of the key columns
Storage options are JSON in the environment variable STORAGE_OPTIONS.
"""

import datetime
import json
import os
import select
import sys

from deltalake import DeltaTable, QueryBuilder

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(value):
    if isinstance(value, datetime.datetime):
        return round((value - EPOCH) / datetime.timedelta(milliseconds=1))
    if isinstance(value, list):
        pairs = all(isinstance(item, tuple) for item in value) and len(value) > 0
        return dict(value) if pairs else [plain(item) for item in value]
    return value


def opened(url):
    options = json.loads(os.environ.get("STORAGE_OPTIONS", "{}"))
    return DeltaTable(url, storage_options=options)


def query(table, text):
    return QueryBuilder().register("t", table).execute(text).read_all()


def rows(url):
    table = opened(url)
    print(json.dumps({"version": table.version(), "files": len(table.file_uris())}))
    found = query(table, "select * from t")
    names = [field.name for field in found.schema]
    columns = [[plain(cell.as_py()) for cell in found.column(name)] for name in names]
    for row in zip(*columns):
        print(json.dumps(dict(zip(names, row))))


def watch(url, keys):
    text = f"select count(*) as n, count(distinct concat_ws('|', {', '.join(keys)})) as d from t"
    while not select.select([sys.stdin], [], [], 0)[0]:
        table = opened(url)
        found = query(table, text)
        n, d = (found.column(name)[0].as_py() for name in ("n", "d"))
        print(json.dumps({"version": table.version(), "rows": n, "distinct": d}), flush=True)


if sys.argv[1] == "rows":
    rows(sys.argv[2])
else:
    watch(sys.argv[2], sys.argv[3:])
