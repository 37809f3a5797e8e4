"""Speed, memory and the corpus, measured."""
