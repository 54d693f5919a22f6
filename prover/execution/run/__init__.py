"""The machine that carries out a schedule, and what is told of a run."""
