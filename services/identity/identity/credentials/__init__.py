"""Who is who: holders, staff, partners and devices, their secrets, codes and tokens."""
