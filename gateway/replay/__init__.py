"""What would edited policies do? Decides recorded or made-up traffic under two sets and tells where they differ."""
