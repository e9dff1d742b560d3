"""What a scan costs on this machine, measured against the floors that it stands on (`make bench`)."""
