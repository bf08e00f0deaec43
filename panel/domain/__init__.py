"""The words of Postroom: frozen dataclasses, enums and pure rules; standard library only."""
