"""Images and videos: read from files, decoded, checked, brought to 8 bits."""
