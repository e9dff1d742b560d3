"""The scan: a card at a desk is read, judged, priced, recorded and answered; quotes, refusals, undoing."""
