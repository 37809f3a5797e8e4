"""What amends remembers. The only room that imports SQLAlchemy and Alembic."""
