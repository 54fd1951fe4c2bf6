"""The query languages of the SIEMs: how each calls the logs and fields that rules speak of, and its pySigma backend."""
