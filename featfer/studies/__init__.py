"""Studies: what tables of recordings say of persons and conditions, and of how two persons move together."""
