"""What a change does, read from the steps of `pulumi preview --json` before anything is done. Pure; any resource."""
