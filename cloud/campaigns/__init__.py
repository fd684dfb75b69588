"""Campaigns: creatives, play logs, delivery, performance, tests of creatives and make-goods."""
