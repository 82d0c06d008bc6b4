"""How a query gets to the upstream and its answer back."""
