"""What built-in functions give: their types, as Spark has them."""

from __future__ import annotations

from collections.abc import Callable

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    TINYINT,
    UNKNOWN,
    VARIANT,
    VOID,
    Kind,
    adjusted,
    array,
    common,
    decimal,
)

Kinds = list[Kind]
_NAMES: dict[Kind, str] = {
    INT: "length char_length character_length len octet_length bit_length ascii locate position instr"
    " charindex find_in_set levenshtein year month day dayofmonth dayofweek dayofyear weekday"
    " weekofyear quarter hour minute second size cardinality array_size json_array_length bit_count"
    " hash unix_date regexp_count regexp_instr row_number rank dense_rank ntile datediff"
    " spark_partition_id date_diff int",
    TINYINT: "bit_get getbit grouping",
    BIGINT: "count count_if regr_count approx_count_distinct unix_timestamp to_unix_timestamp"
    " unix_seconds unix_millis unix_micros xxhash64 crc32 factorial monotonically_increasing_id"
    " array_position grouping_id timestampdiff width_bucket bitmap_bit_position"
    " bitmap_bucket_number bitmap_count hll_sketch_estimate timediff bigint",
    DOUBLE: "sqrt exp expm1 ln log log10 log2 log1p pow power sin cos tan asin acos atan atan2 sinh"
    " cosh tanh asinh acosh atanh cot csc sec rand random randn stddev stddev_pop stddev_samp std"
    " variance var_pop var_samp corr covar_pop covar_samp skewness kurtosis percent_rank cume_dist"
    " months_between regr_slope regr_intercept regr_r2 regr_avgx regr_avgy regr_sxx regr_syy"
    " regr_sxy hypot cbrt degrees radians pi e rint signum sign double percentile_cont",
    STRING: "upper lower ucase lcase initcap trim ltrim rtrim btrim substring substr mid left right"
    " repeat replace translate overlay soundex chr char format_string printf format_number split_part"
    " substring_index url_encode url_decode try_url_decode parse_url base64 hex bin conv"
    " regexp_extract regexp_replace regexp_substr date_format from_unixtime get_json_object to_json"
    " to_csv md5 sha sha1 sha2 uuid current_user user session_user current_catalog current_database"
    " current_schema current_timezone typeof schema_of_json schema_of_csv mask to_char to_varchar"
    " dayname monthname space elt array_join listagg string_agg quote collation string version"
    " concat_ws schema_of_variant randstr validate_utf8 input_file_name",
    BOOLEAN: "startswith endswith contains like ilike rlike regexp regexp_like isnull isnotnull isnan"
    " array_contains arrays_overlap exists forall map_contains_key bool_and bool_or every some any"
    " equal_null is_variant_null luhn_check is_valid_utf8 boolean is_account_group_member is_member",
    DATE: "to_date try_to_date date_add date_sub add_months last_day next_day make_date current_date"
    " curdate trunc date_from_unix_date date",
    TIMESTAMP: "to_timestamp try_to_timestamp from_utc_timestamp to_utc_timestamp current_timestamp"
    " now timestamp_seconds timestamp_millis timestamp_micros make_timestamp try_make_timestamp"
    " to_timestamp_ltz timestamp make_timestamp_ltz date_trunc window_time",
    TIMESTAMP_NTZ: "localtimestamp make_timestamp_ntz to_timestamp_ntz",
    BINARY: "unhex unbase64 encode to_binary try_to_binary aes_encrypt aes_decrypt binary",
    VARIANT: "parse_json try_parse_json to_variant_object",
    VOID: "raise_error assert_true",
    SMALLINT: "smallint",
    FLOAT: "float",
    array(STRING): "split regexp_extract_all json_object_keys",
}
_FIXED: dict[str, Kind] = {
    name: kind for kind, names in _NAMES.items() for name in names.split()
} | {"tinyint": TINYINT}
_FIRST = frozenset(
    [
        "abs",
        "negative",
        "positive",
        "max",
        "min",
        "first",
        "last",
        "any_value",
        "first_value",
        "last_value",
        "nth_value",
        "lag",
        "lead",
        "mode",
        "reverse",
        "array_distinct",
        "sort_array",
        "array_sort",
        "shuffle",
        "slice",
        "array_remove",
        "filter",
        "array_compact",
        "bit_and",
        "bit_or",
        "bit_xor",
        "nullif",
        "max_by",
        "min_by",
        "array_except",
        "array_intersect",
        "map_filter",
        "percentile_disc",
        "percentile_approx",
        "approx_percentile",
        "try_abs",
        "shiftleft",
        "shiftright",
        "shiftrightunsigned",
    ]
)
_COMMON = frozenset(["coalesce", "nvl", "ifnull", "greatest", "least", "nanvl"])
_LISTS = frozenset(["collect_list", "collect_set", "array_agg", "array_repeat"])


def _sum(kinds: Kinds) -> Kind:
    (one, *_) = kinds
    if one.is_whole:
        return BIGINT
    if one.name == "decimal":
        return decimal(min(one.precision + 10, 38), one.scale)
    return DOUBLE if one.is_floating or one.name == "string" else one


def _average(kinds: Kinds) -> Kind:
    (one, *_) = kinds
    if one.name == "decimal":
        return decimal(min(one.precision + 4, 38), min(one.scale + 4, 38))
    if one.is_numeric or one.name == "string":
        return DOUBLE
    return one


def _element(kinds: Kinds) -> Kind:
    (one, *_) = kinds
    if one.name == "array":
        return one.inner[0]
    return one.inner[1] if one.name == "map" else UNKNOWN


def _array(kinds: Kinds) -> Kind:
    return array(common(kinds) or UNKNOWN)


def _map(kinds: Kinds) -> Kind:
    key, value = common(kinds[::2]) or UNKNOWN, common(kinds[1::2]) or UNKNOWN
    return Kind("map", inner=(key, value))


def _concat(kinds: Kinds) -> Kind:
    if not kinds:
        return STRING
    if all(kind.name == "array" for kind in kinds):
        return common(kinds) or UNKNOWN
    return BINARY if all(kind.name == "binary" for kind in kinds) else STRING


def _of_map(place: int) -> Callable[[Kinds], Kind]:
    def made(kinds: Kinds) -> Kind:
        return array(kinds[0].inner[place]) if kinds[0].name == "map" else UNKNOWN

    return made


def _entries(kinds: Kinds) -> Kind:
    if kinds[0].name != "map":
        return UNKNOWN
    return array(Kind("struct", inner=kinds[0].inner, fields=("key", "value")))


def _flatten(kinds: Kinds) -> Kind:
    return kinds[0].inner[0] if kinds[0].name == "array" else UNKNOWN


def _from_arrays(kinds: Kinds) -> Kind:
    if len(kinds) != 2 or any(kind.name != "array" for kind in kinds):
        return UNKNOWN
    return Kind("map", inner=(kinds[0].inner[0], kinds[1].inner[0]))


def _percentile(kinds: Kinds) -> Kind:
    many = len(kinds) > 1 and kinds[1].name == "array"
    return array(DOUBLE) if many else DOUBLE


def _median(kinds: Kinds) -> Kind:
    return DOUBLE if kinds[0].is_numeric else kinds[0]


def _decimal_ceil(kinds: Kinds) -> Kind:
    one = kinds[0]
    if len(kinds) > 1 or one.name == "unknown":
        return UNKNOWN
    if one.name == "decimal":
        whole = one.precision - one.scale + 1
        return adjusted(whole, 0) if one.scale else decimal(one.precision, 0)
    return BIGINT


_MADE: dict[str, Callable[[Kinds], Kind]] = {
    "sum": _sum,
    "try_sum": _sum,
    "avg": _average,
    "mean": _average,
    "try_avg": _average,
    "element_at": _element,
    "try_element_at": _element,
    "get": _element,
    "array_max": _element,
    "array_min": _element,
    "array": _array,
    "map": _map,
    "concat": _concat,
    "map_keys": _of_map(0),
    "map_values": _of_map(1),
    "map_entries": _entries,
    "flatten": _flatten,
    "map_from_arrays": _from_arrays,
    "percentile": _percentile,
    "median": _median,
    "array_union": lambda kinds: common(kinds) or UNKNOWN,
    "map_concat": lambda kinds: common(kinds) or UNKNOWN,
    "array_append": lambda kinds: kinds[0],
    "array_prepend": lambda kinds: kinds[0],
    "array_insert": lambda kinds: kinds[0],
    "str_to_map": lambda kinds: Kind("map", inner=(STRING, STRING)),
    "ceil": _decimal_ceil,
    "ceiling": _decimal_ceil,
    "floor": _decimal_ceil,
    "if": lambda kinds: common(kinds[1:]) or UNKNOWN,
    "iff": lambda kinds: common(kinds[1:]) or UNKNOWN,
    "nvl2": lambda kinds: common(kinds[1:]) or UNKNOWN,
    "sequence": lambda kinds: array(kinds[0]),
}


def result(name: str, kinds: Kinds) -> Kind:
    """What a function gives.

    Args:
        name: Its name.
        kinds: The types of its arguments.
    """
    if name in _FIXED:
        return _FIXED[name]
    if name in _FIRST:
        return kinds[0] if kinds else UNKNOWN
    if name in _COMMON:
        return common(kinds) or UNKNOWN
    if name in _LISTS:
        return array(kinds[0]) if kinds else UNKNOWN
    made = _MADE.get(name)
    return made(kinds) if made is not None and kinds else UNKNOWN
