"""Teams of language-model agents that solve mechanics problems, checked by physics."""
