"""What a resident sees of money, one file per noun. A limited link sees none of it (404): these pages name people."""
