"""The table of clients, in SQL: one row for each identity, with all that was seen of it.

What a client was told and took is told step by step, in the order of time, as the program does. Only steps that change something
are gathered: most clients have one.
"""

from pyspark.sql import DataFrame

from .census import BEGUN
from .texts import version_order

# Versions in a path, and versions that a client was told to take and that are remembered: `src/limits.rs`.
_PATH_LEN_MAX = 16
_ADVICE_MAX = 8


def clients(exchanges: DataFrame) -> DataFrame:
    """Tell the clients apart: a row for each, in the order of first appearance."""
    latest = ", ".join(
        f"max_by({name}, begun) FILTER (WHERE {name} IS NOT NULL) AS {name}" for name in ("locale", "os", "arch", "msnp")
    )
    return exchanges.sparkSession.sql(
        f"""
        WITH seen AS (
            SELECT *, {BEGUN} AS begun, {_advised()} AS advised FROM {{exchanges}}
        ),
        {_steps()},
        counted AS (
            SELECT client_id,
                min_by(identity, begun) AS identity,
                bool_or(coalesce(passport LIKE '%@%', false)) AS has_passport,
                count(DISTINCT client_ip) AS ips,
                count(*) AS exchanges,
                count(DISTINCT connection_id) AS connections,
                min(ts) AS first_seen, max(ts) AS last_seen, min(ts_ns) AS first_seen_ns, max(ts_ns) AS last_seen_ns,
                count(DISTINCT client_ver) AS versions,
                min_by(client_ver, begun) FILTER (WHERE client_ver IS NOT NULL) AS first_ver,
                max_by(client_ver, begun) FILTER (WHERE client_ver IS NOT NULL) AS last_ver,
                {latest}
            FROM seen GROUP BY client_id
        )
        SELECT client_id, identity, IF(has_passport, identity, NULL) AS passport, ips, exchanges, connections,
            first_seen, last_seen, first_seen_ns, last_seen_ns, versions, first_ver, last_ver,
            {_path()} AS version_path,
            {version_order("last_ver", "first_ver")} > 0 AS upgraded,
            {_reached()} AS reached_rec,
            locale, os, arch, msnp
        FROM counted LEFT JOIN paths USING (client_id)
        ORDER BY first_seen_ns, client_id
        """,
        exchanges=exchanges,
    )


def _advised() -> str:
    """Give the version that the client was told to take, if it is above its own."""
    is_told = "verdict IN ('required', 'recommended')"
    return f"IF({is_told} AND {version_order('client_ver', 'rec_ver')} < 0, rec_ver, NULL)"


def _steps() -> str:
    """Give each client's steps in the order of time: where its version changes, and where it is told something else."""
    last = "OVER (PARTITION BY client_id ORDER BY begun)"
    return f"""versions AS (
        SELECT client_id, begun, client_ver, advised,
            NOT lag(client_ver) {last} <=> client_ver AS is_other,
            NOT lag(advised) {last} <=> advised AS is_told_other
        FROM seen WHERE client_ver IS NOT NULL
    ),
    paths AS (
        SELECT client_id, array_sort(collect_list(struct(begun, client_ver, advised, is_other))) AS steps
        FROM versions WHERE is_other OR is_told_other AND advised IS NOT NULL
        GROUP BY client_id
    )"""


def _path() -> str:
    versions = "transform(filter(steps, step -> step.is_other), step -> step.client_ver)"
    cut = f"IF(size({versions}) > {_PATH_LEN_MAX}, array('...'), array())"
    return f"array_join(concat(slice({versions}, 1, {_PATH_LEN_MAX}), {cut}), ' > ')"


def _reached() -> str:
    """Tell whether it was seen with a version after it had been told to take it; NULL if it was told to take none."""
    is_reached = f"exists(told.advice, advice -> coalesce({version_order('step.client_ver', 'advice')} = 0, false))"
    is_known = "step.advised IS NULL OR array_contains(told.advice, step.advised)"
    # The earliest is forgotten.
    kept = f"IF(size(told.advice) >= {_ADVICE_MAX}, slice(told.advice, 2, {_ADVICE_MAX}), told.advice)"
    return f"""aggregate(
        steps,
        struct(CAST(array() AS ARRAY<STRING>) AS advice, false AS reached),
        (told, step) -> struct(
            IF({is_known}, told.advice, concat({kept}, array(step.advised))) AS advice,
            told.reached OR step.is_other AND {is_reached} AS reached
        ),
        told -> IF(size(told.advice) = 0, NULL, told.reached)
    )"""
