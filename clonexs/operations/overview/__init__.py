"""Operations of the overview portal."""
