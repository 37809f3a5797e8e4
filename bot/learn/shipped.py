"""The model that ships: only these very bytes are trusted. `amends retrain --ship` writes this file."""

ID = "shipped"
SHA256 = "1f16fe0d95081b38694fd562cc038d9e0654e0bc7b9a305b45e477e293e2f64f"
SKLEARN = "1.9.1"
FEATURES = "e39c4f57d3eb47b4"
