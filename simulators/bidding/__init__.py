"""A buyer's bidder on this machine: bids, no bids, and every wrong answer."""
