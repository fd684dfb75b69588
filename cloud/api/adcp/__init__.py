"""A seller of AdCP 3.0 over MCP: one route, `POST /mcp`, and its tools."""
