"""What this machine has, lacks and allows: programs, packages, libraries, ports, processes, room."""
