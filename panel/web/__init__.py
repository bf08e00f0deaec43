"""The pages: one blueprint file per noun, with its forms beside it."""
