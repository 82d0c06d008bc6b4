"""One file per API shape: it reads a query and writes an answer in that shape. No I/O."""
