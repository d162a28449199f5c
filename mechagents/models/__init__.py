"""Language models: the protocol, providers through litellm, recordings, the handbook."""
