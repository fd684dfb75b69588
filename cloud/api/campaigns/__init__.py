"""Routes of campaigns: delivery, creatives, play logs, tests of creatives and make-goods."""
