"""`is_sql` tells prose and statements that break off from whole ones."""

from __future__ import annotations

from typing import Any

import pytest

WHOLE = """\
| SELECT 1
| SELECT a, b FROM t WHERE c = 'x' ORDER BY a DESC LIMIT 3
| SELECT count(*) FROM t GROUP BY a HAVING count(*) > 1
| SELECT "order" FROM t
| SELECT a AS "group" FROM t AS "order"
| SELECT * FROM a JOIN b USING (id) LEFT JOIN c ON a.id = c.id
| WITH x AS (SELECT 1 AS a) SELECT a FROM x
| WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
| VALUES (1, 2), (3, 4)
| (SELECT 1) UNION (SELECT 2)
| SELECT a FROM t; SELECT b FROM u;
| SELECT sum(a) OVER (PARTITION BY b ORDER BY c) FROM t
| INSERT INTO t VALUES (1, 'a')
| INSERT INTO t (a) SELECT b FROM u
| INSERT INTO t DEFAULT VALUES
| UPDATE t SET a = 1, b = b + 1 WHERE c = 2
| DELETE FROM t
| DELETE FROM t WHERE a IN (SELECT b FROM u)
| CREATE TABLE t (a INT PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x')
| CREATE VIEW v AS SELECT a FROM t
| CREATE INDEX i ON t (a)
| ALTER TABLE t ADD COLUMN c INT
| DROP TABLE IF EXISTS t
| TRUNCATE TABLE t
| BEGIN
| BEGIN TRANSACTION
| COMMIT
| ROLLBACK
| COMMIT AND NO CHAIN
| MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b WHEN NOT MATCHED THEN \
INSERT (a) VALUES (s.a)
| DESCRIBE t
| COMMENT ON TABLE t IS 'x'
| SELECT left(a, 1) FROM t WHERE left(a, 1) = 'x' AND right(a, 1) = ','
| SELECT a FROM t JOIN u ON left(t.a, 1) = u.b
| SELECT concat(',', ',,', ')') FROM t
| SELECT a FROM t WHERE a IS DISTINCT FROM b
| SELECT count(), now() FROM t
postgres | SELECT string_agg(a, E',') FROM t
postgres | SELECT $$,$$, $$,$$
postgres | UPDATE t SET (a, b) = (1, 2), c[1] = 3
postgres | SELECT FROM t
postgres | SELECT a FROM t WHERE EXISTS (SELECT FROM u WHERE u.a = t.a)
postgres | INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2 RETURNING a
postgres | INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING
postgres | UPDATE t SET a = u.a FROM u WHERE u.id = t.id RETURNING t.a
postgres | WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone
postgres | WITH new AS (INSERT INTO t (a) VALUES (1) RETURNING a) SELECT a FROM new
postgres | WITH new AS (UPDATE t SET a = 1 RETURNING a) SELECT a FROM new
postgres | DELETE FROM t USING u WHERE t.a = u.a
postgres | COPY t FROM '/tmp/a.csv' WITH (FORMAT csv)
postgres | BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE
postgres | BEGIN TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE
postgres | SELECT a::int, b->>'x' FROM t
postgres | SELECT DISTINCT ON (a) a, b FROM t ORDER BY a
mysql | INSERT INTO t SET a = 1
mysql | INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2
mysql | INSERT INTO t () VALUES ()
mysql | SET autocommit = ON
mysql | SELECT a FROM t JOIN u
mysql | UPDATE a JOIN b ON a.id = b.id SET a.x = b.x
mysql | DELETE a FROM a JOIN b ON a.id = b.id
mysql | USE shop
mysql | SHOW TABLES
mysql | SHOW COLUMNS FROM t
mysql | SET @a = 1
mysql | SELECT `order` FROM `group`
mysql | START TRANSACTION
sqlite | PRAGMA table_info(t)
sqlite | INSERT OR REPLACE INTO t VALUES (1)
sqlite | ATTACH DATABASE 'a.db' AS other
duckdb | FROM t
duckdb | FROM t SELECT a
duckdb | SELECT a, FROM t
duckdb | SELECT * EXCLUDE (a) FROM t
duckdb | COPY t TO 'a.parquet' (FORMAT parquet)
bigquery | SELECT a, FROM t
bigquery | FROM t |> WHERE a = 1
bigquery | DELETE d.t WHERE a = 1
bigquery | SELECT AS STRUCT 1 AS a
bigquery | SELECT * EXCEPT (a) FROM `p.d.t`
snowflake | COPY INTO t FROM @stage
snowflake | SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1
tsql | SELECT TOP 3 a FROM t
tsql | DELETE t
tsql | SELECT concat(N',', N',') FROM t
tsql | UPDATE t SET a = 1 FROM t JOIN u ON t.id = u.id
oracle | SELECT 1 FROM dual
clickhouse | SELECT a FROM t FINAL
clickhouse | SELECT (1,)
spark | INSERT OVERWRITE TABLE t SELECT a FROM u
hive | FROM t INSERT OVERWRITE TABLE u SELECT a
"""


@pytest.mark.parametrize("row", WHOLE.splitlines())
def test_a_whole_statement_is_sql(judge: Any, row: str) -> None:
    dialect, _, sql = row.partition("|")
    key = f", dialect: {dialect.strip()}" if dialect.strip() else ""
    found = judge(f"{{type: is_sql{key}}}", sql.strip())
    assert found.verdict == "passed", found.reason


@pytest.mark.parametrize(
    "answer",
    [
        "Copy that, I will do it", "Update your profile", "Delete it", "Insert coin", "From here",
        "SELECT", "SELECT ,1", "SELECT a, FROM t", "SELECT a FROM b GROUP BY",
        "SELECT a FROM b ORDER", "UPDATE t SET", "INSERT INTO t", "SELECT a AS",
        "BEGIN TRANSACTION garbage", "SELECT a FROM t,", "SELECT WHERE 1", "(select)",
        "SELECT a FROM t; UPDATE t SET", "SELECT a FROM (SELECT)", "SELECT a FROM b ORDER;",
    ],
)  # fmt: skip
def test_prose_and_what_breaks_off_is_none(judge: Any, answer: str) -> None:
    found = judge("{type: is_sql}", answer)
    assert found.verdict == "failed"
    assert found.reason.startswith("not SQL: ")


@pytest.mark.parametrize("dialect", ["", ", dialect: sqlite", ", dialect: postgres"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("SELECT a,, b FROM t", "nothing stands before a comma"),
        ("SELECT f(, a) FROM t", "nothing stands before a comma"),
        ("CREATE TABLE z (a INT, , b INT)", "nothing stands before a comma"),
        ("INSERT INTO t (a) VALUES (1,)", "nothing follows a comma"),
        ("CREATE TABLE z (a INT,)", "nothing follows a comma"),
        ("SELECT a FROM FROM t", "nothing stands between FROM and FROM"),
        ("SELECT * FROM t JOIN u ON", "nothing follows ON"),
        ("SELECT * FROM t JOIN u ON WHERE a = 1", "nothing stands between ON and WHERE"),
        (
            "SELECT a FROM t WHERE LEFT JOIN u USING (a)",
            "nothing stands between WHERE and LEFT JOIN",
        ),
        ("UPDATE t SET a WHERE b = 1", "nothing is assigned to a"),
        ("UPDATE t SET b = 2, a", "nothing is assigned to a"),
        ("INSERT INTO (a, b) VALUES (1, 2)", "INSERT names no table"),
    ],
)
def test_what_is_missing_inside_of_a_statement_is_told(
    judge: Any, dialect: str, answer: str, reason: str
) -> None:
    found = judge(f"{{type: is_sql{dialect}}}", answer)
    assert (found.verdict, found.reason) == ("failed", f"not SQL: {reason}")
