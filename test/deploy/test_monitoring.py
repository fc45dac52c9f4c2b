"""Alert rules and dashboard: promtool takes them, and they speak of exactly the metrics that dotring has."""

import json
import pathlib
import re
import subprocess

import promql
import pytest
import yaml
from harness.certificates import Authority
from harness.dotring import Dotring
from harness.process import Stage
from harness.redis import Redis
from harness.upstream import PythonUpstream

HERE = pathlib.Path(__file__).parent
MONITORING = HERE.parents[1] / "scripts" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
# What Prometheus adds to every sample, and its own metric about a target.
ADDED_LABELS = {"job", "instance"}
ADDED_METRICS = {"up"}


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads((MONITORING / "dashboard.json").read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions():
    """(where, expression) of everything that is asked of Prometheus, Grafana's variables filled in."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            text = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*").replace("$job", "dotring")
            assert "$" not in text, text
            yield panel["title"], text


class Vocabulary:
    """Metrics of a page with their labels and the values of these."""

    def __init__(self, samples):
        self.labels = {}
        for name, labels, _ in samples:
            known = self.labels.setdefault(name, {})
            for label, value in labels.items():
                known.setdefault(label, set()).add(value)

    def problem(self, metric, matchers):
        """Why this selector can never match; None: it can."""
        if metric in ADDED_METRICS:
            return None
        if metric not in self.labels:
            return f"no metric {metric}"
        known = self.labels[metric]
        for label, operator, value in matchers:
            if label in ADDED_LABELS:
                continue
            if label not in known:
                return f"{metric} has no label {label}"
            values = value.split("|") if operator in ("=~", "!~") else [value]
            missing = [one for one in values if not any(re.fullmatch(one, there) for there in known[label])]
            if missing:
                return f"{metric} has no {label}={missing[0]}"
        return None


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The metrics of a running dotring with everything that has metrics of its own."""
    folder = tmp_path_factory.mktemp("page")
    stage = Stage(folder)
    upstream = PythonUpstream(stage, Authority(folder))
    dotring = Dotring(stage, [upstream], {"redis.url": Redis(stage).url})
    assert dotring.ask("www.zone.example").answer and dotring.ask_tcp("www.zone.example").answer
    yield dotring
    stage.end()


def test_promtool_finds_nothing_to_say_about_the_metrics(page):
    assert promtool("check", "metrics", text=page.metrics_text()) == ""


def test_promtool_takes_the_alert_rules():
    assert f"{len(rules())} rules found" in promtool("check", "rules", ALERTS)


def test_alerts_fire_when_they_should_and_only_then():
    assert "SUCCESS" in promtool("test", "rules", HERE / "alerts_test.yml")


def test_every_alert_has_a_test_and_says_what_it_is():
    cases = yaml.safe_load((HERE / "alerts_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in cases for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in rules()}
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert "$labels.instance" in rule["annotations"]["summary"], rule["alert"]


def test_expressions_use_only_metrics_and_labels_that_exist(page):
    vocabulary = Vocabulary(page.metrics().samples)
    labels = {label for known in vocabulary.labels.values() for label in known} | ADDED_LABELS
    count = 0
    for where, expression in expressions():
        found = list(promql.selectors(expression))
        assert found, f"{where}: {expression}"
        for metric, matchers in found:
            count += 1
            assert vocabulary.problem(metric, matchers) is None, f"{where}: {vocabulary.problem(metric, matchers)}"
        assert promql.groupings(expression) <= labels, f"{where}: {expression}"
    assert count > 60


def test_the_check_of_expressions_finds_what_is_wrong(page):
    vocabulary = Vocabulary(page.metrics().samples)
    for wrong in ("dotring_query_total", 'dotring_queries_total{transports="udp"}', 'dotring_replies_total{rcode="OK"}',
                  'rate(dotring_stale_answers_total{reason=~"delay|never"}[5m]) > 0', "sum(rate(up_time[1m]))"):  # fmt: skip
        assert any(vocabulary.problem(*selector) for selector in promql.selectors(wrong)), wrong
    for right in ("sum without (rcode) (rate(dotring_replies_total[5m])) / 2", 'up{job="x"} == 0 and on (job) up'):
        assert not any(vocabulary.problem(*selector) for selector in promql.selectors(right)), right


def test_prometheus_understands_every_panel(tmp_path):
    recorded = [{"record": f"panel:{i}", "expr": text} for i, (_, text) in enumerate(expressions())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    promtool("check", "rules", file)


def test_panels_lie_side_by_side_and_have_names_of_their_own():
    places = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not own & places and at["x"] + at["w"] <= 24, panel["title"]
        places |= own
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])
    assert len({panel["title"] for panel in panels()}) == len(panels())
