"""Where files come from: a file a scheme, each with `cached` and `bring` as `bnn_zoo.hub.schemes.Source` describes them."""
