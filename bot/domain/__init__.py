"""What amends believes: pure types and rules, standard library only; time is always an argument."""
