"""What people run on a stack: up, preview, status, sql, outputs, down. `python -m mysql_k8s.operate --help`."""
