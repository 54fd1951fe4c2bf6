"""What can be told of a package without reading its code: its name, its releases, who published them."""
