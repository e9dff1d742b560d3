"""``python -m portal``: serve the web site, with settings from the environment."""

from portal.serving import run

if __name__ == "__main__":
    run()
