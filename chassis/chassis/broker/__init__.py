"""The broker: connections, frames, names and rights; what is published and what waits."""
