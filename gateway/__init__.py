"""The edge: who may call, over which protocol and under which limits; settings, command line and app factory."""
