"""The PBS commands over Slurm.

These modules run once per command, often several times a second (GRAM polls), so they import little: no
``subprocess``, ``re``, ``typing`` or ``dataclasses``, which together cost more than a whole ``squeue``.
Texts, layouts and exit codes are Torque's; an exit code is the server's error number modulo 256.
"""
