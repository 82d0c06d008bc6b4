"""Settings in, open parts out: the only place beside the command line that reads the settings."""
