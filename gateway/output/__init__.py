"""A streamed answer under rules of `phase: output`: held back, judged window by window, released as it was judged."""
