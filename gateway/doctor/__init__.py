"""Is the server of a guardian set up right? Questions to it, each with what it means and what to do."""
