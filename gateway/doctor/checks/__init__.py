"""One file per thing that may be wrong; each check is a function from the subject to a finding."""
