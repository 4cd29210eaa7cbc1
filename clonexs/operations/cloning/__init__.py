"""Operations of the folder `operations`: clone, demo data, and what copies objects."""
