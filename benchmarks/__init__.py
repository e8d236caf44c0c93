"""What costs what: `make bench` measures the portal against the smallest thing that could do the same, in one run."""
