"""The census of exchanges, in SQL: population, upgrades and timeline as the program makes them, value by value.

Each function takes a data frame of the table of exchanges, of one reading or of several together, and gives the table of
that name of ``msncensus``, in its order.
"""

import re
from itertools import starmap

from pyspark.sql import DataFrame

from .texts import natural_key, raw, version_key

# What the population is counted by, in the order of the table: the column of exchanges, and what people call its values.
_DIMENSIONS = (
    ("total", "'all'", "NULL"),
    # The order of sorting is no part of a language's name.
    ("locale", "locale", "regexp_replace(locale_name, ', [^,()]* order$', '')"),
    ("os", "os", "os_name"),
    ("os_name", "os_name", "NULL"),
    ("arch", "arch", "NULL"),
    ("library_name", "library_name", "NULL"),
    ("client_ver", "client_ver", "NULL"),
    ("client_name", "client_name", "NULL"),
    ("product", "product", "NULL"),
    ("msnp", "msnp", "NULL"),
    ("via", "via", "NULL"),
    ("verb", "verb", "NULL"),
)

# In the order in which the program has them.
_VERDICTS = "'required', 'recommended', 'up_to_date', 'unrecognised', 'rejected', 'undetermined'"

# Which of two exchanges comes first: as in the table, and on one connection by their numbers.
BEGUN = "struct(ts_ns, input, coalesce(frame_request, frame_reply), coalesce(frame_reply, bigint('9223372036854775807')), trid)"

# Lengths of buckets that people think in, in seconds, and how many buckets there may be.
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 91, 182, 364, 728)),
)
_BUCKETS_AUTO_MAX = 300
_BUCKETS_DENSE_MAX = 100_000
_UNITS = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY}
_SECONDS_MAX = 4_294_967_295


def population(exchanges: DataFrame) -> DataFrame:
    """Count who is out there: a row for each value of each dimension, the commonest first."""
    return exchanges.sparkSession.sql(
        f"""
        WITH {_shown()}, {_counted()}
        SELECT dimension, value,
            IF(value IS NULL, 'unknown', coalesce(label, value)) AS label,
            nullif(IF(dimension = 'client_ver', {version_key("value")}, {natural_key("value")}), '') AS sort_key,
            exchanges, connections, clients, passports, ips,
            {_share("exchanges")} AS share_exchanges,
            {_share("clients")} AS share_clients,
            first_seen, last_seen, first_seen_ns, last_seen_ns
        FROM counted
        ORDER BY {_POPULATION_ORDER}
        """,
        exchanges=exchanges,
    )


def upgrades(exchanges: DataFrame) -> DataFrame:
    """Count what servers told: a row for each client version, system and answer, the commonest first."""
    texts = ("library_name", "client_ver", "os_type", "rec_ver", "rec_ver2", "min_ver", "dl_url", "info_url")
    return exchanges.sparkSession.sql(
        f"""
        SELECT library_name, client_ver, nullif({version_key("client_ver")}, '') AS sort_key, os_type, rec_ver, rec_ver2, min_ver,
            dl_url, info_url, verdict, coalesce(echo, false) AS echo,
            count(*) AS exchanges,
            count(DISTINCT client_id) AS clients,
            count(DISTINCT server_ip) AS servers,
            min(ts) AS first_seen, max(ts) AS last_seen, min(ts_ns) AS first_seen_ns, max(ts_ns) AS last_seen_ns
        FROM {{exchanges}}
        WHERE code IS NOT NULL OR rec_ver IS NOT NULL
        GROUP BY {", ".join(texts)}, verdict, coalesce(echo, false)
        ORDER BY exchanges DESC, {", ".join(raw(text) for text in texts)}, array_position(array({_VERDICTS}), verdict), echo
        """,
        exchanges=exchanges,
    )


def timeline(exchanges: DataFrame, bucket: str = "auto") -> DataFrame:
    """Count along time: a row for each step and value, and for each step that nobody came in.

    ``bucket`` is the length of a step (``10s``, ``5m``, ``1h``, ``1d``), or ``auto`` for the shortest usual one of which there
    are at most 300. Raises ``ValueError`` if it is neither.
    """
    seconds = _step(bucket)
    step = f"bigint({seconds})" if seconds else f"get(filter({_steps()}, step -> {_fits()}), 0)"
    index = _floor_div("ts_ns", "step_ns")
    return exchanges.sparkSession.sql(
        f"""
        WITH {_shown()}, {_counted()},
        ranked AS (
            SELECT dimension, value, row_number() OVER (ORDER BY {_POPULATION_ORDER}) AS rank FROM counted
        ),
        period AS (SELECT min(ts_ns) AS first_ns, max(ts_ns) AS last_ns FROM {{exchanges}}),
        steps AS (SELECT *, {step} AS bucket_s, {step} * 1000000000 AS step_ns FROM period),
        came AS (
            SELECT dimension, value, client_id, {index} AS index,
                {_floor_div("min(ts_ns) OVER (PARTITION BY client_id)", "step_ns")} AS index_first
            FROM shown CROSS JOIN steps
        ),
        buckets AS (
            SELECT index, dimension, value, count(*) AS exchanges, count(DISTINCT client_id) AS clients,
                count(DISTINCT IF(index = index_first, client_id, NULL)) AS new_clients
            FROM came GROUP BY index, dimension, value
        ),
        ends AS (SELECT min(index) AS first, max(index) AS last FROM buckets),
        -- A sequence is made only where it is short.
        every AS (SELECT explode(IF(last - first < {_BUCKETS_DENSE_MAX}, sequence(first, last), array())) AS index FROM ends),
        empty AS (
            SELECT index, 'total' AS dimension, 'all' AS value, 0L AS exchanges, 0L AS clients, 0L AS new_clients
            FROM every LEFT ANTI JOIN buckets USING (index)
        ),
        told AS (
            SELECT *, coalesce(
                try_multiply(index, step_ns), IF(index < 0, bigint('{-(2**63)}'), bigint('{2**63 - 1}'))
            ) AS bucket_ns
            FROM (SELECT * FROM buckets UNION ALL SELECT * FROM empty) CROSS JOIN steps
        )
        SELECT timestamp_micros({_floor_div("bucket_ns", "1000")}) AS bucket, bucket_ns, bucket_s, told.dimension, told.value,
            exchanges, clients, new_clients
        FROM told JOIN ranked ON told.dimension = ranked.dimension AND told.value <=> ranked.value
        ORDER BY bucket_ns, rank
        """,
        exchanges=exchanges,
    )


def _shown() -> str:
    """Give what each exchange shows, in each dimension."""
    values = ", ".join(
        f"struct({place} AS place, '{dimension}' AS dimension, {value} AS value, CAST({label} AS STRING) AS label)"
        for place, (dimension, value, label) in enumerate(_DIMENSIONS)
    )
    return f"""shown AS (
        SELECT client_id, connection_id, client_ip, ts, ts_ns, IF(passport LIKE '%@%', client_id, NULL) AS account,
            {BEGUN} AS begun, inline(array({values}))
        FROM {{exchanges}}
    )"""


def _counted() -> str:
    return """counted AS (
        SELECT place, dimension, value,
            min_by(label, begun) FILTER (WHERE label IS NOT NULL) AS label,
            count(*) AS exchanges,
            count(DISTINCT connection_id) AS connections,
            count(DISTINCT client_id) AS clients,
            count(DISTINCT account) AS passports,
            count(DISTINCT client_ip) AS ips,
            min(ts) AS first_seen, max(ts) AS last_seen, min(ts_ns) AS first_seen_ns, max(ts_ns) AS last_seen_ns
        FROM shown GROUP BY place, dimension, value
    )"""


_POPULATION_ORDER = f"place, clients DESC, exchanges DESC, {raw('value')}"


def _share(part: str) -> str:
    """Give the fraction of everyone, whose row has the largest count, in millionths, halves up."""
    doubled = f"max({part}) OVER () * 2"
    millionths = f"({part} * 2000000 + max({part}) OVER ()) DIV ({doubled})"
    return f"CAST(CAST({millionths} AS DECIMAL(19)) / 1000000 AS DECIMAL(19, 6))"


def _floor_div(number: str, by: str) -> str:
    return f"({number} DIV {by} - IF({number} % {by} < 0, 1, 0))"


def _steps() -> str:
    return f"array({', '.join(f'bigint({step})' for step in _STEPS)})"


def _fits() -> str:
    first, last = starmap(_floor_div, (("first_ns", "(step * 1000000000)"), ("last_ns", "(step * 1000000000)")))
    return f"{last} - {first} < {_BUCKETS_AUTO_MAX}"


def _step(bucket: str) -> int | None:
    """Give the length in seconds; None if it is to be chosen."""
    if bucket == "auto":
        return None
    told = re.fullmatch(r"([0-9]+)([smhd])", bucket, re.ASCII)
    seconds = int(told[1]) * _UNITS[told[2]] if told else 0
    if not 0 < seconds <= _SECONDS_MAX:
        raise ValueError(f'bucket: "{bucket}" is no length of time, such as 10s, 5m, 1h or 1d, and not auto')
    return seconds
