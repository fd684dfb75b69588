"""The trusted zone: rows that meet their contract, each identity once."""
