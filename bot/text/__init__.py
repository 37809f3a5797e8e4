"""The room that reads: bytes and markup into plain words.

Everything here is pure, never raises on a hostile message, takes time linear in its input, and answers valid Unicode.
"""
