"""Runs the commands: `python -m featfer` is `featfer`. The only module of the library that knows them."""

from featfer_cli.main import main

if __name__ == "__main__":
    main()
