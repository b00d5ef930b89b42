"""The five services; each keeps its promise alone and reaches the others only through their contracts."""
