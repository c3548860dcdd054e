"""The commands of featfer."""
