"""featfer's commands."""
