"""What every adapter that speaks HTTP shares: a stack of httpx transports, one small file each."""
