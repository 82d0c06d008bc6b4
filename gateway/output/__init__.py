"""Rules of `phase: output`: an answer is held back, judged whole or by windows, and released as it was judged."""
