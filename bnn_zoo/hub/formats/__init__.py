"""How weights lie in a file: a file a format, each with `load(model, path, leave_out)` that fills a model, or changes nothing."""
