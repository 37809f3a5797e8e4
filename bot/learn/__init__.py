"""Judging and learning to judge. The only room that imports scikit-learn and joblib, and only when asked to judge."""
