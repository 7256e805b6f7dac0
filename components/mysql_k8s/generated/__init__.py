"""Values that are made once and then kept in the stack's state: passwords and certificates.

Pulumi stores their providers in the state as references to these modules: keep the names of modules and classes.
"""
