"""Private deals: what is offered to a buyer, what it bids, and the notices that it gets."""
