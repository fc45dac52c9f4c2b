"""The check of the limits finds one that is nowhere, and nothing in a tree that is right."""

import pathlib

import limits

HEADER = """
struct Options {
  size_t queue_max = 1 << 20;  ///< octets
  uint64_t idle_timeout_ms{5};
  std::array<uint32_t, 4> in_flight_max_by_transport = {1, 2, 3, 4};
  bool reuse = true;
};
"""


CONSTANTS = """
class Part {
  static constexpr size_t kPlacesMax = 8;
};
inline constexpr uint64_t kAheadMaxS = 60;
constexpr int kOther = 3;
"""


def tree(root, keys, bounds, constants=""):
    for folder in limits.PARTS:
        (root / folder).mkdir(parents=True)
    (root / "engine/part.h").write_text(HEADER)
    (root / "engine/part.cc").write_text(constants)
    for table, text in zip(limits.TABLES, (keys, bounds)):
        (root / table).parent.mkdir(parents=True, exist_ok=True)
        (root / table).write_text(text)
    return root


def test_the_tree_as_it_is_has_none_without_key_or_bound():
    root = pathlib.Path(__file__).parents[2]
    assert limits.check(root) == []
    assert limits.gone(root) == []


def test_limits_are_found_whatever_their_type():
    members = [member for _, member in limits.limits_of(HEADER)]
    assert members == ["queue_max", "idle_timeout_ms", "in_flight_max_by_transport"]


def test_a_key_or_a_bound_is_enough(tmp_path):
    root = tree(tmp_path, "c.part.queue_max c.part.in_flight_max_by_transport[0]", "part.idle_timeout_ms")
    assert limits.check(root) == []


def test_a_constant_that_bounds_something_is_named_or_told_to_meet_nobody(tmp_path, monkeypatch):
    bounds = "c.queue_max c.idle_timeout_ms c.in_flight_max_by_transport Part::kPlacesMax"
    root = tree(tmp_path, "", bounds, CONSTANTS)
    (problem,) = limits.check(root)
    assert problem.startswith("engine/part.cc: kAheadMaxS ")
    monkeypatch.setattr(limits, "NOBODY_MEETS", {"engine/part.cc::kAheadMaxS": "why", "engine/part.cc::kGone": "why"})
    assert limits.check(root) == []
    assert limits.gone(root) == ["engine/part.cc::kGone"]


def test_a_limit_that_is_nowhere_is_told_with_its_place(tmp_path):
    (problem,) = limits.check(tree(tmp_path, "c.part.queue_max c.in_flight_max_by_transport", "c.idle_timeout_ms_other"))
    assert problem.startswith("engine/part.h: Options::idle_timeout_ms ")
