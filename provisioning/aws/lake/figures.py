"""Metric filters: figures of the log of the lake's programs, for alarms and the dashboard.

The nightly run logs its figures as JSON; `lake update` prints a line for each zone. Tests compare
both with the patterns.
"""

from typing import Final

from provisioning.aws.buckets import Resource

NAMESPACE: Final = {"Fn::Sub": "onlooker/${Stage}/lake"}
UPDATE_LINES: Final = {
    "raw": "[promoted, w1=reports, w2=promoted, w3, w4, w5, w6, quarantined, w7=quarantined]",
    "trusted": "[promoted, w1=rows, w2, days, w3=days, w4=promoted, w5, w6, w7, w8, quarantined,"
    " w9]",
}
"""What `lake update` prints of each zone."""
FIGURES: Final = {
    "PromotedReports": ("raw", "promoted"),
    "QuarantinedReports": ("raw", "quarantined"),
    "PromotedRows": ("trusted", "promoted"),
    "QuarantinedRows": ("trusted", "quarantined"),
}
"""Metric → the zone that is filled, and the figure."""
COMPLETED: Final = "CompletedRuns"


def metric_filters() -> dict[str, Resource]:
    """The filters of the log group `Logs`."""
    found = {COMPLETED: _filter('{ $.event = "nightly.ended" && $.status = "complete" }',
                                COMPLETED, "1")}  # fmt: skip
    for metric, (zone, figure) in FIGURES.items():
        event = f'{{ $.event = "lake.promoted" && $.zone = "{zone}" }}'
        found[f"{metric}OfNight"] = _filter(event, metric, f"$.{figure}")
        found[f"{metric}OfUpdate"] = _filter(UPDATE_LINES[zone], metric, f"${figure}")
    return found


def _filter(pattern: str, metric: str, value: str) -> Resource:
    transformation = {"MetricNamespace": NAMESPACE, "MetricName": metric, "MetricValue": value}
    return {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": "Logs"},
            "FilterPattern": pattern,
            "MetricTransformations": [transformation],
        },
    }
