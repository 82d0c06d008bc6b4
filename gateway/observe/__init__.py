"""What the gateway tells about itself: audit records, metrics, logs."""
