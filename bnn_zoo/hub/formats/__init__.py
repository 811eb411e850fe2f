"""How weights lie in a file: a file a format.

Each has `load(model, path, leave_out)`, which fills a model or changes nothing, and `check(path)`, which comes first where no hash
is recorded.
"""
