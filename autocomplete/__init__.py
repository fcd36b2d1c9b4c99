"""Private next-word completion: a recurrent language model of your own text."""
