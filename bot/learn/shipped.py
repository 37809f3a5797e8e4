"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "e88d735698a1f6fdbc1b98eef76ec6d43319c51cef66ee31e80d261770107cfd"
SKLEARN = "1.9.1"
