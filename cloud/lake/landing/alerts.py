"""Land the changes of alerts: raised, acknowledged, cleared and closed.

Who acknowledged or closed an alert, and why, stays in the database and its audit log.
"""

from typing import Final

import pyarrow as pa

from cloud.database import alert_changes
from cloud.lake.landing.table_rows import TableRows
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

LANDED_ALERTS: Final = LakeTable(
    Zone.LANDING,
    "alert_changes",
    (
        LakeColumn("id", pa.int64(), "number of the row in the database"),
        LakeColumn("alert", pa.int64(), "number of the alert"),
        LakeColumn("kind", pa.string(), "kind of the alert, such as camera.offline"),
        LakeColumn("location", pa.string(), "location at the time of the change"),
        LakeColumn("device", pa.string(), "camera; empty: the whole location"),
        LakeColumn("change", pa.string(), "raised, acknowledged, cleared or closed"),
        LakeColumn("changed_at", TIMESTAMP, "when it changed; its UTC date is the day"),
        LakeColumn("value", pa.string(), "decimal number: the measure, in the unit of the kind"),
    ),
    sort_by=("location", "device", "changed_at", "id"),
)
ALERT_ROWS: Final = TableRows(
    alert_changes, LANDED_ALERTS, dated_by="changed_at", convert={"value": repr}
)
