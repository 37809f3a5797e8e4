"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "3d8b5213015211fdb785f195d66f4bc4430afc897f7c6456cf9ad887d720a06b"
SKLEARN = "1.9.1"
FEATURES = "82479efc71c78a40"
