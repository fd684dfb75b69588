"""The CloudFormation templates by name.

`lake-copy` belongs to the second region and comes first: `lake` takes the key that it creates.
`lake-tables` and `lake-received-tables` change with the columns of the lake and not with its
buckets; they are two because of the size limit.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from provisioning.aws import template
from provisioning.aws.lake import template as lake_template

LARGEST_BYTES: Final = 51_200
"""CloudFormation's limit for a template in the request."""

Template = dict[str, Any]

TEMPLATES: Final[Mapping[str, Callable[[], Template]]] = {
    "cloud": template.template,
    "lake-copy": lake_template.copies,
    "lake": lake_template.lake,
    "lake-tables": lake_template.tables,
    "lake-received-tables": lake_template.received_tables,
}
STACKS: Final = {name: "onlooker" if name == "cloud" else f"onlooker-{name}" for name in TEMPLATES}
"""The name of the stack of each template, unless another is given."""


def to_text(template: Mapping[str, Any]) -> str:
    """The template as it is sent to CloudFormation."""
    return json.dumps(template, separators=(",", ":"))
