"""The program that runs beside mysqld in every pod: it observes, decides and acts once a second."""
