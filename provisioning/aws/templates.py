"""The CloudFormation templates by name.

`lake-copy` belongs to the second region and comes first: `lake` takes the key that it creates.
`lake-uploads` has the bucket of arriving files, `lake-runs` the programs, `lake-monitoring` the
trail, the dashboard and the budget. The tables of a zone change with its columns; each zone has a
template because of the size limit.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from provisioning.aws import template
from provisioning.aws.lake import template as lake_template
from provisioning.aws.lake.zones import ZONES

LARGEST_BYTES: Final = 51_200
"""CloudFormation's limit for a template in the request."""

Template = dict[str, Any]

TEMPLATES: Final[Mapping[str, Callable[[], Template]]] = {
    "cloud": template.template,
    "lake-copy": lake_template.copies,
    "lake": lake_template.lake,
    "lake-uploads": lake_template.arrivals,
    "lake-runs": lake_template.runs,
    "lake-monitoring": lake_template.monitoring,
    **{f"lake-{zone}-tables": partial(lake_template.tables, zone) for zone in ZONES},
}
STACKS: Final = {name: "onlooker" if name == "cloud" else f"onlooker-{name}" for name in TEMPLATES}
"""The name of the stack of each template, unless another is given."""


def to_text(template: Mapping[str, Any]) -> str:
    """The template as it is sent to CloudFormation."""
    return json.dumps(template, separators=(",", ":"))
