"""From the graphs of a program to its skeleton."""
