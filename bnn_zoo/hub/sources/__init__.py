"""Where weight files come from: a file a scheme, each with `bring(source, weights)` that gives a path on this machine."""
