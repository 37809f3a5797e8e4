"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "e8bedae7c650d7920f06a15929f4222ff5a1ba020c76fe48ac4400cd59c236ae"
SKLEARN = "1.9.1"
FEATURES = "11871d4f1e2c5730"
