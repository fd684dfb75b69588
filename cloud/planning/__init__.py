"""Media plans: the request, the slots on offer, the optimiser's answer, the worker."""
