"""What asks a model and answers for it: questions and answers as values, and the thread that works."""
