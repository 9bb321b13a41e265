"""``python -m impacteval``."""

from impacteval.cli import main

if __name__ == "__main__":
    main()
