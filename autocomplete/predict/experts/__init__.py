"""What can say what comes next, and the mixture of all of them."""
