"""What an expression of PromQL speaks of: metrics, their matchers, and the labels that it groups by.

What it is: enough of the language for our own rules and panels. What it is not: a judge of syntax; promtool is.
"""

import re

STRING = r'"(?:[^"\\]|\\.)*"'
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)(?:\{((?:[^{}\"]|" + STRING + r")*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
KEYWORDS = {"and", "or", "unless", "bool", "offset"}


def groupings(expression):
    """Labels of by (...), without (...) and the like."""
    return {label.strip() for found in GROUPING.findall(expression) for label in found.split(",") if label.strip()}


def selectors(expression):
    """(metric, [(label, operator, value)]) of each selector."""
    rest = re.sub(r"\[[^\]]*\]", "", GROUPING.sub("", expression))
    for found in SELECTOR.finditer(rest):
        is_function = re.match(r"\s*\(", rest[found.end() :]) is not None
        if found[1] not in KEYWORDS and not is_function and not re.search(r"[\w.]$", rest[: found.start()]):
            yield found[1], MATCHER.findall(found[2] or "")
