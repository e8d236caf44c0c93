"""The demo company: Acme, its people and half a year of its points, through the operations a user would go through."""
