"""What acts for a role: a language model, a program, or a person."""
