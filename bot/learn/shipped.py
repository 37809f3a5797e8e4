"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "893ec458d74d9234fcc54dbd40bd85e2d297fce31c375451a020276c2619acf8"
SKLEARN = "1.9.1"
FEATURES = "11871d4f1e2c5730"
