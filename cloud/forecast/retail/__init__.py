"""Demand of shops: price elasticities with their range, expected units, and the models of both."""
