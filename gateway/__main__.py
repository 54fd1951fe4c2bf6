"""`python -m gateway`: the command line, where the script `trigraph` is not on the path."""

from gateway.commands.cli import main

if __name__ == "__main__":
    main()
