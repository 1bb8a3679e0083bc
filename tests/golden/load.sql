-- Makes the tables of this directory in DuckDB, with their types. Within it: duckdb census.db < load.sql
-- Times are in UTC.

-- One row per request and reply, or a lone half; ordered by time, input and frame, or as found where that is waited for (`-i`, `--follow`).
CREATE OR REPLACE TABLE exchanges AS SELECT * REPLACE (
    make_timestamp_ns("ts_ns") AS "ts"
) FROM read_csv('exchanges.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'ts': 'VARCHAR',
    'ts_ns': 'BIGINT',
    'rtt_ms': 'DECIMAL(19, 6)',
    'verb': 'VARCHAR',
    'status': 'VARCHAR',
    'code': 'BIGINT',
    'client_ip': 'VARCHAR',
    'client_port': 'BIGINT',
    'server_ip': 'VARCHAR',
    'server_port': 'BIGINT',
    'via': 'VARCHAR',
    'msnp': 'VARCHAR',
    'msnp_offered': 'VARCHAR',
    'trid': 'BIGINT',
    'locale_id': 'VARCHAR',
    'lcid': 'BIGINT',
    'locale': 'VARCHAR',
    'locale_name': 'VARCHAR',
    'os': 'VARCHAR',
    'os_name': 'VARCHAR',
    'os_type': 'VARCHAR',
    'os_ver': 'VARCHAR',
    'arch': 'VARCHAR',
    'library_name': 'VARCHAR',
    'client_ver': 'VARCHAR',
    'client_name': 'VARCHAR',
    'product': 'VARCHAR',
    'passport': 'VARCHAR',
    'identity': 'VARCHAR',
    'client_id': 'VARCHAR',
    'params': 'BIGINT',
    'extra': 'VARCHAR',
    'rec_ver': 'VARCHAR',
    'rec_ver2': 'VARCHAR',
    'min_ver': 'VARCHAR',
    'dl_url': 'VARCHAR',
    'info_url': 'VARCHAR',
    'verdict': 'VARCHAR',
    'echo': 'BOOLEAN',
    'community_id': 'VARCHAR',
    'input': 'VARCHAR',
    'frame_request': 'BIGINT',
    'frame_reply': 'BIGINT',
    'flags': 'VARCHAR',
    'connection_id': 'VARCHAR'
});

-- One row per identity; ordered by `first_seen`, then `client_id`.
CREATE OR REPLACE TABLE clients AS SELECT * REPLACE (
    make_timestamp_ns("first_seen_ns") AS "first_seen",
    make_timestamp_ns("last_seen_ns") AS "last_seen"
) FROM read_csv('clients.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'client_id': 'VARCHAR',
    'identity': 'VARCHAR',
    'passport': 'VARCHAR',
    'ips': 'BIGINT',
    'exchanges': 'BIGINT',
    'connections': 'BIGINT',
    'first_seen': 'VARCHAR',
    'last_seen': 'VARCHAR',
    'first_seen_ns': 'BIGINT',
    'last_seen_ns': 'BIGINT',
    'versions': 'BIGINT',
    'first_ver': 'VARCHAR',
    'last_ver': 'VARCHAR',
    'version_path': 'VARCHAR',
    'upgraded': 'BOOLEAN',
    'reached_rec': 'BOOLEAN',
    'locale': 'VARCHAR',
    'os': 'VARCHAR',
    'arch': 'VARCHAR',
    'msnp': 'VARCHAR'
});

-- One row per value of each dimension; an empty value gathers what the capture does not tell.
CREATE OR REPLACE TABLE population AS SELECT * REPLACE (
    make_timestamp_ns("first_seen_ns") AS "first_seen",
    make_timestamp_ns("last_seen_ns") AS "last_seen"
) FROM read_csv('population.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'dimension': 'VARCHAR',
    'value': 'VARCHAR',
    'label': 'VARCHAR',
    'sort_key': 'VARCHAR',
    'exchanges': 'BIGINT',
    'connections': 'BIGINT',
    'clients': 'BIGINT',
    'passports': 'BIGINT',
    'ips': 'BIGINT',
    'share_exchanges': 'DECIMAL(19, 6)',
    'share_clients': 'DECIMAL(19, 6)',
    'first_seen': 'VARCHAR',
    'last_seen': 'VARCHAR',
    'first_seen_ns': 'BIGINT',
    'last_seen_ns': 'BIGINT'
});

-- One row per client version, system and answer of a server; exchanges without an answer are not in it.
CREATE OR REPLACE TABLE upgrades AS SELECT * REPLACE (
    make_timestamp_ns("first_seen_ns") AS "first_seen",
    make_timestamp_ns("last_seen_ns") AS "last_seen"
) FROM read_csv('upgrades.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'library_name': 'VARCHAR',
    'client_ver': 'VARCHAR',
    'sort_key': 'VARCHAR',
    'os_type': 'VARCHAR',
    'rec_ver': 'VARCHAR',
    'rec_ver2': 'VARCHAR',
    'min_ver': 'VARCHAR',
    'dl_url': 'VARCHAR',
    'info_url': 'VARCHAR',
    'verdict': 'VARCHAR',
    'echo': 'BOOLEAN',
    'exchanges': 'BIGINT',
    'clients': 'BIGINT',
    'servers': 'BIGINT',
    'first_seen': 'VARCHAR',
    'last_seen': 'VARCHAR',
    'first_seen_ns': 'BIGINT',
    'last_seen_ns': 'BIGINT'
});

-- One row per step of time (`--bucket`) and value that an exchange in it shows, and one of the total for each step that none is in, as long as there are at most 100,000 steps; ordered by time, then as `population` is.
CREATE OR REPLACE TABLE timeline AS SELECT * REPLACE (
    make_timestamp_ns("bucket_ns") AS "bucket"
) FROM read_csv('timeline.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'bucket': 'VARCHAR',
    'bucket_ns': 'BIGINT',
    'bucket_s': 'BIGINT',
    'dimension': 'VARCHAR',
    'value': 'VARCHAR',
    'exchanges': 'BIGINT',
    'clients': 'BIGINT',
    'new_clients': 'BIGINT'
});

-- One row per thing that went wrong or was odd, and one per counter that is not zero and has no column in `inputs`; at most 1,000 rows of a kind in an input, then one row `suppressed` with the number of the others.
CREATE OR REPLACE TABLE anomalies AS SELECT * REPLACE (
    make_timestamp_ns("ts_ns") AS "ts"
) FROM read_csv('anomalies.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'ts': 'VARCHAR',
    'ts_ns': 'BIGINT',
    'severity': 'VARCHAR',
    'kind': 'VARCHAR',
    'input': 'VARCHAR',
    'frame': 'BIGINT',
    'offset': 'BIGINT',
    'client_ip': 'VARCHAR',
    'client_port': 'BIGINT',
    'server_ip': 'VARCHAR',
    'server_port': 'BIGINT',
    'community_id': 'VARCHAR',
    'detail': 'VARCHAR'
});

-- One row per file or interface; nothing is skipped without a row that says so.
CREATE OR REPLACE TABLE inputs AS SELECT * REPLACE (
    make_timestamp_ns("first_seen_ns") AS "first_seen",
    make_timestamp_ns("last_seen_ns") AS "last_seen"
) FROM read_csv('inputs.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
    'input': 'VARCHAR',
    'status': 'VARCHAR',
    'error': 'VARCHAR',
    'format': 'VARCHAR',
    'compression': 'VARCHAR',
    'link_types': 'VARCHAR',
    'snaplen': 'BIGINT',
    'bytes': 'BIGINT',
    'bytes_raw': 'BIGINT',
    'packets': 'BIGINT',
    'packets_ip': 'BIGINT',
    'packets_tcp': 'BIGINT',
    'packets_msn': 'BIGINT',
    'first_seen': 'VARCHAR',
    'last_seen': 'VARCHAR',
    'first_seen_ns': 'BIGINT',
    'last_seen_ns': 'BIGINT',
    'duration_s': 'DECIMAL(19, 9)',
    'connections': 'BIGINT',
    'connections_msn': 'BIGINT',
    'connections_midstream': 'BIGINT',
    'gaps': 'BIGINT',
    'gap_bytes': 'BIGINT',
    'fragments': 'BIGINT',
    'packets_cut': 'BIGINT',
    'checksum_bad': 'BIGINT',
    'duplicates': 'BIGINT',
    'kernel_received': 'BIGINT',
    'kernel_dropped': 'BIGINT',
    'exchanges': 'BIGINT',
    'sha256': 'VARCHAR',
    'interface_dropped': 'BIGINT',
    'overload_dropped': 'BIGINT'
});
