"""The web site: pages for people, made of the public API alone."""
