"""What every program does before it starts its threads."""
