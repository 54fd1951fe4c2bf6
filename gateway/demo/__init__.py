"""`trigraph serve --demo`: a small story over all three services, made anew at each start."""
