"""Messages to people: vouchers, receipts, refusals, sign-in codes; what was sent and whether it was taken."""
