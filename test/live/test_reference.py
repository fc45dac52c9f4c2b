"""Every key: in the reference as the program prints it, accepted and printed back at its bounds, refused beyond them.

And every key is named by another live test besides, so that none is only parsed, or shown by the parts alone.
"""

import pathlib
import re
import tomllib

import pytest
from harness.dotring import run_once

ROW = re.compile(r"^\| `(\w+\.\w+)` \| `(.*?)` \| (.*?) \| (.*) \|$")
UNITS = {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}

# Why a value is refused.
WHY = "not a whole number|not a size|not a power of two|out of range|not known|neither true nor false"

# Keys that belong to another one: what contradicts the default of a neighbour is tried with that one moved too.
NEIGHBOURS = {
    "cache.ttl_min": {"cache.ttl_max": 7 * 86_400},
    "cache.ttl_max": {"cache.ttl_min": 0},
    "cache.failure_ttl_min": {"cache.failure_ttl_max": 300},
    "cache.failure_ttl_max": {"cache.failure_ttl_min": 1},
    "redis.wait_us": {"redis.wait_min_us": 0},
    "redis.wait_min_us": {"redis.wait_us": 1_000_000},
}


def reference():
    """{key: (default, values)} as --print-reference says."""
    status, text = run_once({}, "--print-reference")
    assert status == 0
    keys = text.split("### fixed bounds")[0]
    rows = [ROW.match(line) for line in keys.splitlines() if line.startswith("| `")]
    assert all(rows)
    return {row[1]: (row[2], row[3]) for row in rows}


def configuration(settings=None):
    """{key: value} as --print-config says."""
    status, text = run_once(settings, "--print-config")
    assert status == 0, text
    sections = tomllib.loads(text)
    return {f"{section}.{key}": value for section, keys in sections.items() for key, value in keys.items()}


def number(text):
    """With or without unit."""
    digits, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(digits) << UNITS[unit or "B"]


def same(printed, told):
    """Whether a value of TOML is what was given as text."""
    if isinstance(printed, bool):
        return told == str(printed).lower()
    if isinstance(printed, list):
        return ",".join(printed) == ("" if told == "(empty)" else told)
    if isinstance(printed, int):
        return str(printed) == told
    return printed == ("" if told == "(empty)" else told) or re.fullmatch(r"\d+\w*", told) and number(printed) == number(told)


KEYS = reference()
RANGES = {
    key: re.match(r"(a whole number|a size|a power of two) from (\w+) to (\w+)", values).groups()
    for key, (_, values) in KEYS.items()
    if re.match(r"(a whole number|a size|a power of two) from", values)
}
CHOICES = {key: values.split(", ") for key, (_, values) in KEYS.items() if re.fullmatch(r"[\w-]+(, [\w-]+)+", values)}


def beyond(key):
    """Values that are not accepted: next to the bounds, and of another kind."""
    kind, low, high = RANGES[key]
    values = [str(number(high) + (0 if kind == "a power of two" else 1)), "x", "-1", ""]
    if kind == "a power of two":
        values = [str(2 * number(high)), str(number(high) - 1), "x", ""]
    if number(low) > 0:
        values.append(str(number(low) - 1))
    return values


def test_the_reference_is_the_configuration_of_nobody_key_by_key():
    printed = configuration()
    assert list(printed) == list(KEYS)
    assert [key for key, (default, _) in KEYS.items() if not same(printed[key], default)] == []


@pytest.mark.parametrize("key", RANGES)
def test_a_number_is_accepted_at_its_bounds_and_refused_beyond(key):
    kind, low, high = RANGES[key]
    for bound in (low, high):
        printed = configuration({key: bound, **NEIGHBOURS.get(key, {})})
        assert same(printed[key], bound), bound
    for value in beyond(key):
        check_refused(key, value, f"{kind} from {low} to {high}")


@pytest.mark.parametrize("key", [key for key, (_, values) in KEYS.items() if values == "true or false"])
def test_a_switch_is_on_or_off(key):
    for value in ("true", "false"):
        assert same(configuration({key: value})[key], value)
    check_refused(key, "yes", "one of them")


@pytest.mark.parametrize("key", CHOICES)
def test_a_choice_is_one_of_its_names(key):
    for value in CHOICES[key]:
        assert configuration({key: value})[key] == value
    check_refused(key, "x", f"one of {', '.join(CHOICES[key])}")


def check_refused(key, value, remedy):
    """Exit status 2, and one line: the key, the value, why, and what would do."""
    status, output = run_once({key: value}, "--check-config")
    start, end = f'dotring: {key} = "{value}" (command line): ', f"; give {remedy}\n"
    assert status == 2 and re.fullmatch(re.escape(start) + f"({WHY})" + re.escape(end), output), output


def test_every_key_is_shown_by_a_test():
    tests = texts_of_other_tests()
    assert [key for key in KEYS if f'"{key}"' not in tests] == []


def texts_of_other_tests():
    """Without the harness: a key that it sets for each of them is not shown by that."""
    this = pathlib.Path(__file__)
    return "\n".join(path.read_text() for path in this.parent.glob("test_*.py") if path.name != this.name)
