"""What outages cost: nothing. The device's totals are the cloud's, to the unit.

The cloud here is the real consumer over its real database; the devices are the real outbox and
sender. A report's figures follow from its number, so both sides can be told the truth.
"""
