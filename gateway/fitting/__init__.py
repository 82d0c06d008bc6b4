"""From a guardian's raw scores on labelled rows to a calibration and to thresholds."""
