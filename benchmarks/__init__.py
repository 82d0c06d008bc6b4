"""What the gateway costs, measured: a mock of the models, a load generator, and a side-by-side comparison."""
