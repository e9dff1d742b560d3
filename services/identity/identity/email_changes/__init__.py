"""Another e-mail address for an order: asked for, confirmed with a code, told to the address of before."""
