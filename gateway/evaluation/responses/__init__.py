"""What a guardian writes itself, looked at by rules that are stated: rules, and no more than that."""
