"""The cameras as configuration items of a CMDB in the shape of ServiceNow."""
