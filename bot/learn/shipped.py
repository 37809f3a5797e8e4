"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "88d981048da14f16be85df22bbdac673e117fa346fade93e353f0b5e76977d69"
SKLEARN = "1.9.1"
