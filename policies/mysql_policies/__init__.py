"""Rules for databases on Kubernetes, and for what runs beside them. Imports nothing of the project around it."""
