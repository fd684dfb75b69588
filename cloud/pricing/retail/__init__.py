"""Recommended prices of shops: rules, ladder, states, recommendation, scenarios. Pure, no I/O."""
