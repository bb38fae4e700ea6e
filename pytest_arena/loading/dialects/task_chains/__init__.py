"""Files of task chains, as contenox runs them: today's dialect, and the older ones."""
