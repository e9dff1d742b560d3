"""Ideas for a day out: which offers a party can afford near a place, each with what they would pay."""
