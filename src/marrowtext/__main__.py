"""`python -m marrowtext`: the command line."""

from marrowtext.cli import main

if __name__ == "__main__":
    main()
