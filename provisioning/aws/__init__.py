"""The same house on AWS: policies, the stack that carries it, and what it costs."""
