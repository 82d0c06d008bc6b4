"""The least that a gateway can be, over each client and under each server: evidence for the decisions, not product."""
