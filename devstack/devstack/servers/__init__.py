"""The private broker and the private databases, or given ones."""
