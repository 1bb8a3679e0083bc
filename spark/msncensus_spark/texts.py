r"""How the program sorts and compares captured texts, in SQL: what its ``src/text.rs`` and ``src/cvr/version.rs`` do.

A text in a table is not what was captured, but shows it: what is no plain text stands as ``\xNN``, one for each byte, and a
backslash as ``\x5C`` where it would look like that. That can be undone, so what the program does with captured bytes can be
done here.

Each function takes expressions and gives one. None may hold a brace, which ``spark.sql`` takes for an argument.
"""

# One captured byte that is no plain text, or a character.
_ESCAPE = r"\\x[0-9A-F][0-9A-F]"
_SIGN = rf"{_ESCAPE}|(?s)."

# Digits to which a number is filled up: as many as the largest 32-bit number has.
_DIGITS = 10
_NUMBER_MAX = 4_294_967_295
_PARTS_MAX = 8


def raw(text: str) -> str:
    """Give the captured bytes, by which the program sorts; none for NULL."""
    sign = "IF(length(sign) = 4, substr(sign, 3), hex(sign))"
    signs = f"transform(regexp_extract_all({text}, r'{_SIGN}', 0), sign -> {sign})"
    return f"coalesce(IF(instr({text}, r'\\') = 0, CAST({text} AS BINARY), unhex(array_join({signs}, ''))), X'')"


def natural_key(text: str) -> str:
    r"""Fill up every number with zeros, so that comparing bytes compares numbers.

    A backslash and an ``x`` in front of a number look like an escape behind that, and so are shown as ``\x5Cx``.
    """
    run = rf"{_ESCAPE}|\\x(?=[0-9])|[0-9]+|(?s)."
    number = "trim(LEADING '0' FROM run)"
    filled = f"""CASE
        WHEN run = r'\\x' THEN r'\\x5Cx'
        WHEN NOT run RLIKE '^[0-9]' THEN run
        WHEN length({number}) >= {_DIGITS} THEN {number}
        ELSE lpad({number}, {_DIGITS}, '0')
    END"""
    return f"array_join(transform(regexp_extract_all({text}, r'{run}', 0), run -> {filled}), '')"


def version_key(version: str) -> str:
    """Give the key that sorts versions as their numbers do; what is no plain ASCII in them is escaped as in Rust."""
    digits = "regexp_extract(part, '^[0-9]+', 0)"
    head = f"""CASE
        WHEN length({digits}) = 0 THEN ''
        WHEN length({digits}) <= {_DIGITS} THEN lpad({digits}, {_DIGITS}, '0')
        ELSE concat('~', {digits})
    END"""
    sign = r"""CASE
        WHEN sign = r'\x09' THEN r'\t'
        WHEN sign = r'\x0A' THEN r'\n'
        WHEN sign = r'\x0D' THEN r'\r'
        WHEN sign IN (r'\x5C', r'\') THEN r'\\'
        WHEN sign IN (r"'", r'"') THEN concat(r'\', sign)
        WHEN length(sign) = 4 THEN concat(r'\x', lower(substr(sign, 3)))
        WHEN sign RLIKE '^[ -~]$' THEN sign
        ELSE regexp_replace(lower(hex(sign)), '(..)', r'\\x$1')
    END"""
    tail = f"substr(part, length({digits}) + 1)"
    signs = f"array_join(transform(regexp_extract_all({tail}, r'{_SIGN}', 0), sign -> {sign}), '')"
    key = f"array_join(transform({_parts(version)}, part -> concat({head}, {signs})), '.')"
    # The key is shown as every text is.
    shown = rf"regexp_replace({key}, r'\\(?=x[0-9A-Fa-f][0-9A-Fa-f])', r'\\x5C')"
    return f"coalesce({shown}, '')"


def version_order(one: str, other: str) -> str:
    """Compare two versions: below 0, 0 or above 0; NULL where the texts do not prove an order.

    They are compared part by part over the parts that both have. The first that differ decide, and must be numbers then.
    """
    pairs = f"zip_with({_parts(one)}, {_parts(other)}, (one, other) -> struct(one, other))"
    one_number, other_number = _number("pair.one"), _number("pair.other")
    decides = f"""pair.one IS NOT NULL AND pair.other IS NOT NULL
        AND pair.one <> pair.other AND NOT coalesce({one_number} = {other_number}, false)"""
    deciding = f"get(filter({pairs}, pair -> {decides}), 0)"
    order = f"""transform(array({deciding}), pair ->
        IF(pair IS NULL, 0BD, CAST({one_number} AS DECIMAL(20)) - {other_number}))[0]"""
    return f"IF({_is_version(one)} AND {_is_version(other)}, {order}, NULL)"


def _parts(version: str) -> str:
    return rf"split({version}, r'\.')"


def _number(part: str) -> str:
    """Give the value of a part that is nothing but digits and fits 32 bits, else NULL."""
    number = f"try_cast({part} AS BIGINT)"
    return f"IF({part} RLIKE '^[0-9]+$' AND length({part}) <= {_DIGITS} AND {number} <= {_NUMBER_MAX}, {number}, NULL)"


def _is_version(text: str) -> str:
    digits = "regexp_extract(part, '^[0-9]*', 0)"
    fits = f"part <> '' AND (length({digits}) = 0 OR {_number(digits)} IS NOT NULL)"
    parts = _parts(text)
    return f"({text} RLIKE '^[0-9]' AND size({parts}) <= {_PARTS_MAX} AND forall({parts}, part -> {fits}))"
