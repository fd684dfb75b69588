"""Media plans: the slots with the best value for a budget, with a bound on any better plan."""
