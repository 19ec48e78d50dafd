#!/usr/bin/env python3
"""Writes down what ClickHouse itself makes of CREATE TABLE statements.

    record.py                    our own statements, made up from a seed    > recorded.jsonl
    record.py --corpus FOLDER    those in the .sql files of a folder        > /tmp/corpus.jsonl

Needs `pip install chdb` (26.x). One line a statement that the server accepts: its text, the engine,
the columns with their types, and what the table's TTL does and after how many seconds.
`tests/clickhouse_tables.rs` compares; `SEAWALL_TABLES` names a file to be compared as well.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

SEED, COUNT, BATCH = 20260101, 400, 200

TYPES = ["UInt8", "Int64", "String", "Float64", "UUID", "Bool", "LowCardinality(String)",
         "Nullable(String)", "Array(Map(String, Array(UInt8)))", "Enum8('a' = 1, 'b(,' = 2)",
         "Tuple(a UInt8, b String)", "Decimal(18, 4)", "FixedString(16)", "IPv6", "DateTime64(3)",
         "Map(LowCardinality(String), String)", "SimpleAggregateFunction(sum, UInt64)",
         "AggregateFunction(uniq, String)", "DateTime('UTC')"]
NAMES = ["id", "user", "message", "level", "`select`", '"a b"', "ts_ms", "body", "trace_id", "`ttl`"]
EXTRAS = ["", "", "", " DEFAULT 1", " CODEC(ZSTD(1))", " COMMENT 'it''s; TTL 3'",
          " DEFAULT toString(1) CODEC(LZ4)", " MATERIALIZED 2", " ALIAS 3", " EPHEMERAL 4"]
INTERVALS = ["INTERVAL {n} DAY", "toIntervalDay({n})", "INTERVAL {n} HOUR", "INTERVAL {n} WEEK",
             "INTERVAL '{n}' DAY", "INTERVAL '{n} DAY'", "toIntervalMonth({n})", "INTERVAL {n} MONTH",
             "INTERVAL {n} YEAR", "toIntervalWeek({n})", "INTERVAL {n} MINUTE", "{n} * INTERVAL 1 DAY"]


def made_up():
    """Statements of our own: columns, engines, TTLs in every spelling that we know of."""
    rng = random.Random(SEED)
    comment = lambda: rng.choice(["", "", " -- ENGINE = Log\n", " /* TTL d */ ", "\n"])
    case = lambda word: rng.choice([word, word.lower(), word.title()])
    for _ in range(COUNT * 2):
        time = rng.choice(["Date", "DateTime", "DateTime64(3)", "DateTime('UTC')", "Date32"])
        cols = [f"ts {time}", "n UInt64"]
        for name in rng.sample(NAMES, rng.randint(0, 5)):
            extra, kind = rng.choice(EXTRAS), rng.choice(TYPES)
            if extra.startswith((" DEFAULT", " MATERIALIZED", " ALIAS", " EPHEMERAL")):
                kind = rng.choice(["UInt8", "String", ""]) if "1)" not in extra else "String"
            cols.append(f"{name} {kind}{extra}{comment()}")
        if rng.random() < .15:
            cols.append("tags Nested(k String, v UInt8)")
        if rng.random() < .15:
            cols.append("INDEX i n TYPE minmax GRANULARITY 1")
        if rng.random() < .1:
            cols.append("PROJECTION p (SELECT n ORDER BY n)")
        if rng.random() < .1:
            cols.append("CONSTRAINT c CHECK n > 0")
        if rng.random() < .15:
            cols.append("old String TTL ts + INTERVAL 1 DAY")
        base = rng.choice(["ts", "ts", "ts", "toDateTime(ts)", "toDate(ts)", "(ts)", "ts::DateTime"])
        offset = lambda: rng.choice(INTERVALS).format(n=rng.choice([1, 3, 7, 30, 90, 365]))
        def element():
            expression = f"{base} + {offset()}"
            if rng.random() < .15:
                expression += f" + {offset()}"
            tail = rng.choice(["", "", "", " DELETE", " " + case("delete"), " DELETE WHERE n = 1",
                               " WHERE n IN (1, 2)", " RECOMPRESS CODEC(ZSTD(3))",
                               " GROUP BY n SET x = max(x)", " TO DISK 'default'"])
            return expression + tail
        ttl = ""
        if rng.random() < .6:
            ttl = f" {case('TTL')} " + ", ".join(element() for _ in range(rng.choice([1, 1, 1, 2, 3])))
        engine, order = rng.choice([
            ("MergeTree", "n"), ("MergeTree()", "(n, ts)"), ("ReplacingMergeTree(n)", "n"),
            ("SummingMergeTree", "n"), ("AggregatingMergeTree()", "tuple()"),
            ("ReplacingMergeTree", "n"), ("MergeTree", "n"), ("Memory", ""), ("Log", ""),
            ("TinyLog()", ""), ("Null", ""), ("StripeLog", ""), ("Buffer('', '', 1, 1, 1, 1, 1, 1, 1)", ""),
        ])
        clauses = f" {case('ENGINE')}{rng.choice([' = ', '=', ' '])}{engine}{comment()}"
        if order:
            parts = [f" ORDER BY {order}", ttl]
            if rng.random() < .3:
                parts.append(" PARTITION BY toYYYYMM(ts)")
            rng.shuffle(parts)
            clauses += comment().join(parts) + rng.choice(["", "", " SETTINGS index_granularity = 1024"])
        clauses += rng.choice(["", "", " COMMENT 'TTL ts + 1'"])
        head = rng.choice(["CREATE TABLE", "create table", "CREATE TABLE IF NOT EXISTS"])
        yield f"{head} t ({', '.join(cols)}){comment()}{clauses}"


TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"|;", re.S)


def statements(text):
    """Pieces of a script, split at `;` outside of strings and comments."""
    start = 0
    for match in TOKEN.finditer(text):
        if match.group() == ";":
            yield text[start:match.start()]
            start = match.end()
    yield text[start:]


def in_corpus(folder):
    seen = set()
    for path, _, files in sorted(os.walk(folder)):
        for name in sorted(f for f in files if f.endswith(".sql")):
            text = open(os.path.join(path, name), encoding="utf-8", errors="replace").read()
            for statement in statements(text):
                bare = re.sub(r"^(\s|--[^\n]*\n|/\*.*?\*/)+", "", statement, flags=re.S).strip()
                if re.match(r"(?i)create\s+(or\s+replace\s+)?table\b", bare) and bare not in seen:
                    seen.add(bare)
                    yield bare


def top_level(text, pattern):
    """Where a pattern matches outside of brackets and quotes."""
    depth, at, found = 0, 0, []
    while at < len(text):
        quoted = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`").match(text, at)
        if quoted:
            at = quoted.end()
            continue
        if depth == 0 and re.compile(pattern).match(text, at):
            found.append(at)
        depth += text[at] in "([" and 1 or (text[at] in ")]" and -1 or 0)
        at += 1
    return found


# What the test queries switch on in lines of their own before they create a table.
SETTINGS = ["allow_suspicious_low_cardinality_types", "allow_deprecated_syntax_for_merge_tree",
            "allow_suspicious_codecs", "allow_experimental_codecs", "allow_suspicious_ttl_expressions",
            "allow_suspicious_indices", "allow_suspicious_fixed_string_types", "allow_nullable_key",
            "allow_suspicious_variant_types", "allow_suspicious_types_in_order_by",
            "allow_experimental_variant_type", "allow_experimental_dynamic_type",
            "allow_experimental_json_type", "allow_experimental_full_text_index",
            "allow_experimental_live_view", "allow_experimental_inverted_index",
            "enable_time_time64_type", "allow_experimental_qbit_type",
            "allow_experimental_vector_similarity_index", "allow_experimental_statistics",
            "allow_statistics", "allow_experimental_window_view", "allow_create_index_without_type"]


def record(batch):
    from chdb import session
    chdb = session.Session(tempfile.mkdtemp())
    for setting in SETTINGS:
        try:
            chdb.query(f"SET {setting} = 1")
        except Exception:
            pass
    ask = lambda sql: [json.loads(l) for l in str(chdb.query(sql, "JSONEachRow")).splitlines() if l]
    for index, sql in enumerate(batch):
        chdb.query(f"CREATE DATABASE d{index}")
        chdb.query(f"USE d{index}")
        try:
            chdb.query(sql)
            here = f"database = 'd{index}'"
            tables = ask(f"SELECT name, engine, engine_full FROM system.tables WHERE {here}")
        except Exception:
            continue
        finally:
            chdb.query("USE default")
        if len(tables) != 1:
            continue
        table = tables[0]
        columns = ask(f"SELECT name, type FROM system.columns WHERE {here} ORDER BY position")
        columns = [[c["name"], c["type"]] for c in columns]
        print(json.dumps({"sql": sql, "engine": table["engine"], "columns": columns,
                          "ttl": lifetime(ask, table["engine_full"], dict(columns))}), flush=True)
        try:
            chdb.query(f"DROP DATABASE d{index} SYNC")
        except Exception:
            pass


def lifetime(ask, engine, columns):
    """Elements of the TTL as the server spells it: what each does, and its seconds if it is known."""
    starts = top_level(engine, r" TTL ")
    if not starts or "MergeTree" not in engine:
        return []
    text = engine[starts[-1] + 5:]
    ends = top_level(text, r" SETTINGS ")
    text = text[:ends[0]] if ends else text
    grouped = top_level(text, r" GROUP BY ")
    # Behind GROUP BY a comma may stand for anything.
    cuts = [c for c in top_level(text, r",") if not grouped or c < grouped[0]]
    parts = [text[a + 1:b] for a, b in zip([-1, *cuts], [*cuts, len(text)])]
    out = []
    for part in parts:
        part = part.strip()
        action = "delete"
        for pattern, name in [(r" GROUP BY ", "group"), (r" RECOMPRESS ", "recompress"),
                              (r" TO (DISK|VOLUME) ", "move"), (r" WHERE ", "delete-where")]:
            if top_level(part, pattern):
                action = name
                break
        seconds = None
        end = top_level(part, r" (GROUP BY|RECOMPRESS|TO DISK|TO VOLUME|WHERE|DELETE)\b")
        expression = part[:end[0]] if end else part
        used = [c for c in columns if re.search(rf"\b{re.escape(c)}\b", expression)]
        if action == "delete" and len(used) == 1 and columns[used[0]].startswith("Date"):
            column = used[0]
            sql = (f"SELECT toInt64(toUnixTimestamp(toDateTime({expression}, 'UTC'))) - "
                   f"toInt64(toUnixTimestamp(toDateTime(`{column}`, 'UTC'))) AS s "
                   f"FROM (SELECT CAST('2021-03-01' AS {columns[column]}) AS `{column}`)")
            try:
                seconds = int(ask(sql)[0]["s"])
            except Exception:
                pass
        out.append([action, seconds])
    return out


def main():
    if sys.argv[1:2] == ["--batch"]:
        record(json.load(sys.stdin))
        return
    corpus = sys.argv[2] if sys.argv[1:2] == ["--corpus"] else None
    found = list(in_corpus(corpus) if corpus else made_up())
    left = COUNT if not corpus else len(found)
    for start in range(0, len(found), BATCH):
        # A statement may end the process; the rest of its batch goes on without it.
        batch = found[start:start + BATCH]
        run = subprocess.run([sys.executable, __file__, "--batch"], input=json.dumps(batch),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = run.stdout.splitlines()[:left]
        left -= len(lines)
        if lines:
            print("\n".join(lines), flush=True)
        print(f"{start + len(batch)} of {len(found)} statements", file=sys.stderr)


main()
