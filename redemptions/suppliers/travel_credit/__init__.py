"""Travel credit, which the portal itself issues."""
