"""How good a guardian is: labelled queries in, scores with intervals out, judged as live traffic is."""
