"""Jobs: executions, roll-outs and progress."""
