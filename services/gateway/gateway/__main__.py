"""``python -m gateway``: serve the public API, with settings from the environment."""

from gateway.app import create_app
from gateway.serving import run

if __name__ == "__main__":
    run(create_app)
