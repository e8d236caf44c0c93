"""Microsoft Teams: an Adaptive Card to the person, by a flow of the company's own (Workflows, Power Automate)."""
